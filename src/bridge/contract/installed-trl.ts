/** Asks the installed TRL for its options. For codegen and the test that finds drift; it imports torch, so it takes seconds. */
import { execa } from 'execa';
import { medgr2 } from '../../called-as.js';
import { BridgeError, messageOf } from '../../errors.js';
import { optionFieldsSchema, type OptionFields } from '../../config/trl-options/option-fields.js';
import { findPython } from '../environment/find-python.js';
import { pythonVariables } from '../environment/python-variables.js';

/** @throws BridgeError where there is no Python with TRL. */
export async function readTrlOptions(python: string = findPython()): Promise<OptionFields> {
  try {
    const { stdout } = await execa(python, ['-m', 'medgr2.trl_options'], {
      env: pythonVariables(python),
      extendEnv: false,
    });
    return optionFieldsSchema.parse(JSON.parse(stdout));
  } catch (cause) {
    throw new BridgeError('trl-options', `${python} could not tell TRL's options: ${messageOf(cause)}`, {
      cause,
      remedy: `Run \`${medgr2} setup\`, which installs TRL, and try again.`,
    });
  }
}
