/** `medgr2 evaluate`. */
import { InvalidArgumentError, Option } from 'commander';
import { medgr2 } from '../../called-as.js';
import { ConfigError } from '../../errors.js';
import type { EvaluationReading } from '../../evaluation/answer-report.js';
import { collect, example, type Declare } from './declare-command.js';

interface EvaluateFlags {
  predictions?: string;
  questions?: string;
  map: string[];
  skipBad?: boolean;
  model?: string;
  data?: string;
  set: string[];
  out?: string;
  reading: string;
  bertscoreModel?: string;
  bertscoreLayer?: number;
  against?: string;
  samples?: number;
  temperature?: number;
  rewardModel?: string;
  json?: boolean;
}

export const declareEvaluate: Declare = (program, io) => {
  program
    .command('evaluate')
    .description(
      'figures of a model on questions, or of a file of answers: accuracy, F1, AUROC, intervals, per modality …',
    )
    .option('--model <model>', 'a checkpoint folder, a Hugging Face id or phantom; with --data')
    .option('--data <path>', 'its questions: a dataset folder, a run folder (its test questions) or samples.parquet')
    .option('--set <key=value>', 'a setting of policy or evaluation, as in a configuration; several times', collect, [])
    .option('--out <folder>', 'keep the prompts, answers and predictions.parquet there')
    .option(
      '--samples <k>',
      'also draw k answers to each question: acc@1, pass@k, majority, and best of k with --reward-model',
      numberAbove('--samples', 0, true),
    )
    .option('--temperature <t>', 'of --samples (default: 1)', numberAbove('--temperature', 0, false))
    .option('--reward-model <folder>', 'a reward model that chooses the best of --samples')
    .option('--predictions <file>', 'instead: answers made elsewhere, as JSONL, a JSON list, CSV or TSV')
    .option('--questions <file>', 'their questions: modality, question type and options, joined by id or image path')
    .option('--map <key=column>', 'the column of a field, such as prediction=text; several times', collect, [])
    .option('--skip-bad', 'leave out lines that cannot be used, and count them')
    .option(
      '--against <file or model>',
      'a second model or its answers to the same questions: flows and McNemar’s test',
    )
    .option(
      '--reading <rule>',
      'which answers of --predictions are right: ours, or published, MedVLM-R1’s script: a lone capital in the answer block',
      'ours',
    )
    .option(
      '--bertscore-model <encoder-folder>',
      'also BERTScore of answers to open questions, by an encoder of yours, such as a folder of roberta-large',
    )
    .addOption(
      new Option('--bertscore-layer <number>', 'the layer that is compared, where not the authors’ choice').argParser(
        layerNumber,
      ),
    )
    .option('--json', 'print one JSON object on stdout, and nothing else')
    .addHelpText(
      'after',
      example(
        'evaluate --model phantom --data runs/demo-0 --against runs/demo-0/cycle-3/grpo/model',
        'evaluate --model Qwen/Qwen2.5-VL-3B-Instruct --data DATASET --set policy.instruction=think',
        'evaluate --model SFT --data runs/demo-0 --samples 8 --reward-model runs/demo-0/cycle-0/reward-model/model',
        'evaluate --predictions predictions.jsonl --questions questions.jsonl',
        'evaluate --predictions answers.csv --map prediction=output --map answer=truth --json',
      ),
    )
    .action(async ({ skipBad, json, ...flags }: EvaluateFlags) => {
      const { model, data, predictions, questions, map, set, out, against } = flags;
      const sampling = samplingOf(flags);
      const reading = readingNamed(flags.reading);
      const { evaluateModel, evaluatePredictions } = await import('../commands/evaluate-command.js');
      const { bertscoreModel, bertscoreLayer } = flags;
      const common = { against, bertscoreModel, bertscoreLayer, json: json === true };
      if (predictions !== undefined && model === undefined && data === undefined && sampling === undefined)
        return evaluatePredictions({ predictions, questions, map, skipBad: skipBad === true, reading, ...common }, io);
      if (predictions === undefined && model !== undefined && data !== undefined)
        return evaluateModel({ model, data, set, out, sampling, ...common }, io);
      throw new ConfigError('evaluate-what', 'give either --model and --data, or --predictions', {
        remedy: `\`${medgr2} evaluate --help\` shows examples.`,
      });
    });
};

/** What is drawn beside the greedy answers; nothing where it is not asked for. */
function samplingOf({ samples, temperature = 1, rewardModel }: Omit<EvaluateFlags, 'json'>) {
  if (samples !== undefined) return { samples, temperature, rewardModel };
  if (rewardModel === undefined) return undefined;
  throw new ConfigError('evaluate-samples', '--reward-model chooses among samples, and none are drawn', {
    remedy: 'Give --samples 8 with it.',
  });
}

const numberAbove =
  (flag: string, bound: number, whole: boolean) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value > bound && Number.isFinite(value) && (!whole || Number.isInteger(value)))
      return value;
    throw new ConfigError('evaluate-number', `${flag} ${text} is no ${whole ? 'whole ' : ''}number above ${bound}`);
  };

function layerNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 1');
}

function readingNamed(name: string): EvaluationReading {
  if (name === 'ours' || name === 'published') return name;
  throw new ConfigError('evaluate-reading', `--reading ${name} is neither ours nor published`, {
    remedy: 'Give --reading ours, or leave it out.',
  });
}
