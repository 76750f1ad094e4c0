/** Why a Python did not start: it is missing, too old, or lacks a package. Looked into only when it has failed. */
import { medgr2 } from '../../called-as.js';
import { BridgeError } from '../../errors.js';
import { checkPython } from '../environment/find-python.js';
import { misleading } from '../environment/python-variables.js';

/** @param ended how the process ended, with the last words of its log. */
export async function whyNotStarted(ended: BridgeError, python: string): Promise<BridgeError> {
  if (ended.code === 'python-missing') return ended;
  const missing = /ModuleNotFoundError: No module named '([^']+)'/.exec(ended.logTail ?? '')?.[1];
  if (missing === 'encodings')
    return new BridgeError('python-missing', `${python} cannot find its own library.`, {
      tried: 'start Python',
      logTail: ended.logTail,
      cause: ended,
      remedy: `Install it again, or set MEDGR2_PYTHON to another.${misleading(python)}`,
    });
  if (missing !== undefined) {
    return new BridgeError('python-package-missing', `${python} lacks the package \`${missing}\`.`, {
      tried: 'start Python',
      logTail: ended.logTail,
      cause: ended,
      remedy: `Run \`${medgr2} setup\`, or \`${python} -m pip install -r py/requirements.txt\`.${misleading(python)}`,
    });
  }
  try {
    await checkPython(python);
    const { code, message, tried, side, logTail, cause, remedy = '' } = ended;
    // A module of theirs in the place of one of Python's own, a value that Python does not take: the log says it, this names it.
    return new BridgeError(code, message, { tried, side, logTail, cause, remedy: `${remedy}${misleading(python)}` });
  } catch (error) {
    return error instanceof BridgeError ? error : ended;
  }
}
