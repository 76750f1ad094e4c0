/** The remedy of each Python exception: its meaning and what to do. Known by its type, or by words of its message. */
import { medgr2 } from '../../called-as.js';
import { cudaMeaning, cudaRemedies } from './cuda-remedies.js';
import { ofModels, ofSamples, type Meaning } from './load-remedies.js';
import { chosenPython, misleading } from '../environment/python-variables.js';
import type { PythonFailure } from '../jobs/job-messages.js';

export type { Meaning };

const setup = `Run \`${medgr2} setup\` to bring the Python environment up to date.${misleading(chosenPython())}`;
const outOfMemory: Meaning = {
  code: 'out-of-memory',
  remedy: 'Use a smaller batch, fewer pixels per image (maxPixels of the model) or LoRA, or a device with more memory.',
};

const byType: Readonly<Record<string, Meaning>> = {
  OutOfMemoryError: outOfMemory,
  MemoryError: { code: 'out-of-memory', remedy: 'Use a smaller batch, or a machine with more memory.' },
  DeviceUnavailable: { code: 'cuda-unavailable', remedy: cudaRemedies.driver },
  TorchWithoutCuda: { code: 'cuda-unavailable', remedy: cudaRemedies.cpuBuild },
  ExtraMissing: {
    code: 'python-package-missing',
    remedy: 'Install the extra with the command in the message, or leave the setting out that needs it.',
  },
  TooFewGpus: {
    code: 'too-few-gpus',
    remedy:
      'Set executor.gpus to what `nvidia-smi -L` lists, leave it out for one GPU, or change CUDA_VISIBLE_DEVICES.',
  },
  RankLost: {
    code: 'rank-lost',
    remedy:
      'A rank that was killed most likely ran out of memory: use a smaller batch, fewer pixels per image, LoRA or ' +
      'executor.sharding: fsdp. Run it again: it goes on from its last checkpoint.',
  },
  ShardingRefused: {
    code: 'sharding-refused',
    remedy: 'Leave executor.sharding out, or change what the message names.',
  },
  FourBitRefused: {
    code: 'four-bit-refused',
    remedy: 'Leave policy.quantize (`quantize` in a job) out: LoRA on the base as it is needs no bitsandbytes.',
  },
  RolloutsFailed: {
    code: 'vllm-failed',
    remedy:
      'Start the vLLM server as the message says, on GPUs that the trainer does not use, and name it by ' +
      'grpo.trl.vllm_server_base_url; run again: training goes on from its last checkpoint. Or leave grpo.trl.use_vllm out.',
  },
  RolloutsDiffer: {
    code: 'vllm-differs',
    remedy: 'Start the vLLM server with what the message names, or leave grpo.trl.use_vllm out.',
  },
  RayNotStarted: {
    code: 'ray-not-started',
    remedy:
      'Ray gives its own processes 15 s to come up and has no setting for it; a busy or small machine misses that. Run ' +
      'the job again when there is less to do, or start Ray first (`ray start --head --num-cpus=N`) and set ' +
      'executor.address: auto.',
  },
  OwnFolderUnusable: {
    code: 'metric-model-unusable',
    remedy:
      'Give --bertscore-model the folder of an encoder such as roberta-large, with its weights and its tokenizer, and ' +
      '--bertscore-layer a layer that it has.',
  },
  ...ofModels,
  ...ofSamples,
  UnsendableError: {
    code: 'job-unsendable',
    remedy: 'Send numbers, strings, lists and dicts; write anything else to a file in outDir and send its path.',
  },
  MessageTooLarge: {
    code: 'message-too-large',
    remedy: 'Write large values to a file in outDir and send its path.',
  },
  FolderInUse: {
    code: 'folder-in-use',
    remedy: 'Wait until that job is done, or give this one an outDir of its own.',
  },
  OwnOutput: {
    code: 'model-in-own-output',
    remedy: 'Give the job an outDir of its own.',
  },
  CheckpointMismatch: {
    code: 'checkpoint-mismatch',
    remedy: 'Delete the checkpoint that the message names and run again: training starts over, or from the one before.',
  },
  CheckpointNotSaved: {
    code: 'checkpoint-not-saved',
    remedy: 'Make room or grant access there and run again: it goes on from the last whole checkpoint.',
  },
  RowError: {
    code: 'row-unusable',
    remedy: 'Mend the row that the message names, or take it out, and run again.',
  },
  TrainingIncomplete: {
    code: 'training-incomplete',
    remedy: 'The log says why the data ended. Mend that and run again: it goes on from the last checkpoint.',
  },
  TrainingDiverged: {
    code: 'training-diverged',
    remedy: 'Lower the learning rate, clip gradients (max_grad_norm) or use float32, and run again.',
  },
  NothingLearned: {
    code: 'nothing-learned',
    remedy:
      'Mend the cause in the message: rewards that differ between completions, more or warmer ones per group, a learning ' +
      'rate above 0, rows that have something to learn from.',
  },
  WrongPartTrains: {
    code: 'wrong-part-trains',
    remedy: 'Use train: all, or LoRA; and please report it with the name of the model.',
  },
  TrainerOptionFailed: {
    code: 'trl-option-failed',
    remedy:
      'Leave out the option that the message names, or give it another value: TRL or transformers cannot do it here.',
  },
  RewardOutOfRange: {
    code: 'reward-out-of-range',
    remedy: 'Scale the reward that the message names, for instance to 0 to 1.',
  },
  ContractError: {
    code: 'job-contract',
    remedy: 'The job broke the contract between the languages: please report it.',
  },
};

/** Looked at last: an import may fail for want of a library of CUDA. */
const ofImports: Readonly<Record<string, Meaning>> = {
  ModuleNotFoundError: { code: 'python-package-missing', remedy: setup },
  ImportError: { code: 'python-package-broken', remedy: setup },
};

const byWords: readonly (readonly [RegExp, Meaning])[] = [
  [/CUDA out of memory|not enough memory: you tried to allocate/i, outOfMemory],
  [
    /Errno 24\]|Errno 23\]|Too many open files/,
    { code: 'too-many-files', remedy: 'Raise the limit of open files (`ulimit -n 4096`), or run fewer jobs at once.' },
  ],
];

export function meaningOf({ type, message }: PythonFailure, logPath: string): Meaning {
  return (
    byType[type] ??
    byWords.find(([words]) => words.test(message))?.[1] ??
    cudaMeaning(type, message) ??
    ofImports[type] ?? {
      code: 'job-failed',
      remedy: `The traceback is in this error, the whole output in ${logPath}.`,
    }
  );
}
