/** `medgr2 evaluate`. */
import { collect, example, type Declare } from './command.js';

interface EvaluateFlags {
  predictions: string;
  questions?: string;
  map: string[];
  skipBad?: boolean;
  json?: boolean;
}

export const declareEvaluate: Declare = (program, io) => {
  program
    .command('evaluate')
    .description('figures of a file of answers: accuracy, F1, intervals, per modality, question type and data set')
    .requiredOption('--predictions <file>', 'answers, as JSONL, a JSON list, CSV or TSV')
    .option('--questions <file>', 'their questions: modality, question type and options, joined by id or image path')
    .option('--map <key=column>', 'the column of a field, such as prediction=text; several times', collect, [])
    .option('--skip-bad', 'leave out lines that cannot be used, and count them')
    .option('--json', 'print one JSON object on stdout, and nothing else')
    .addHelpText(
      'after',
      example(
        'medgr2 evaluate --predictions predictions.jsonl --questions questions.jsonl',
        'medgr2 evaluate --predictions answers.csv --map prediction=output --map answer=truth --json',
      ),
    )
    .action(async ({ skipBad, json, ...flags }: EvaluateFlags) => {
      const { evaluateCommand } = await import('../evaluate-command.js');
      await evaluateCommand({ ...flags, skipBad: skipBad === true, json: json === true }, io);
    });
};
