/** `medgr2 plan`: checks a configuration, looks at its data and models, and prints what the run will take. */
import { loadConfig } from '../../config/load.js';
import { ConfigError } from '../../errors.js';
import { defaultAssumptions, devices, type Device } from '../../loop/estimate/assumptions.js';
import { findFacts } from '../../loop/estimate/plan-facts.js';
import { openJudgePricing, openPricing, type RunPricing } from '../../loop/generator/generator-pricing.js';
import { planRun } from '../../loop/estimate/estimate-run.js';
import { nearest } from '../../config/nearest-word.js';
import type { CommandIo } from '../command-io.js';
import { planText } from '../print/plan-text.js';

export interface PlanCommand {
  config: string;
  set: readonly string[];
  gpu: string;
  gpus: number;
  accepted: number;
  json: boolean;
}

export async function planCommand(command: PlanCommand, io: CommandIo): Promise<void> {
  const config = await loadConfig(command.config, { set: command.set, env: io.env });
  const assumptions = { ...defaultAssumptions, acceptedShare: command.accepted };
  const options = { device: deviceNamed(command.gpu), deviceCount: command.gpus, assumptions };
  const facts = await findFacts(config, {
    env: io.env,
    price: known(await openPricing(config)),
    ...(config.verify.enabled ? { judgePrice: known(await openJudgePricing(config)) } : {}),
  });
  const plan = planRun(config, facts, options);
  io.out(command.json ? JSON.stringify({ ...plan, ...options }) : planText(config, plan, options));
}

function known({ price, prices }: RunPricing) {
  return price === null ? null : { ...price, currency: prices.currency, source: `${prices.source} (${prices.asOf})` };
}

function deviceNamed(name: string): Device {
  const found = devices.find((device) => device.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  const names = devices.map((device) => device.name);
  const meant = nearest(name, names);
  throw new ConfigError('unknown-gpu', `--gpu ${name}: not one of ${names.join(', ')}`, {
    remedy: meant === null ? 'Name the one that is closest to yours.' : `Did you mean ${meant}?`,
  });
}
