/** What a plan has to assume because nobody can know it before the run; each is printed with the plan. */

export interface Device {
  name: string;
  memoryGiB: number;
  /** Dense bfloat16 peak, TFLOP/s, and memory bandwidth, GB/s, as the vendor states them. */
  teraflops: number;
  bandwidth: number;
}

export const devices: readonly Device[] = [
  { name: 'L40', memoryGiB: 44.7, teraflops: 181, bandwidth: 864 },
  { name: 'L4', memoryGiB: 22.4, teraflops: 121, bandwidth: 300 },
  { name: 'RTX-4090', memoryGiB: 23.6, teraflops: 165, bandwidth: 1008 },
  { name: 'A100-40GB', memoryGiB: 39.4, teraflops: 312, bandwidth: 1555 },
  { name: 'A100-80GB', memoryGiB: 79.1, teraflops: 312, bandwidth: 2039 },
  { name: 'H100', memoryGiB: 79.1, teraflops: 989, bandwidth: 3350 },
  { name: 'H200', memoryGiB: 139.8, teraflops: 989, bandwidth: 4800 },
];

export interface Assumptions {
  /** Share of candidates that the filter keeps. */
  acceptedShare: number;
  /** Tokens of a generator's reply, JSON included. */
  replyTokens: number;
  /** Tokens of a judge's verdict, and of the sample that it is about. */
  verdictTokens: number;
  judgedTokens: number;
  /** Characters of a token of English text. */
  charactersPerToken: number;
  /** Seconds of one request to the generator. */
  requestSeconds: number;
  /** Tokens of a question with options and chat template, and of a response with its reasoning, where no sample tells. */
  promptTokens: number;
  responseTokens: number;
  /** Where no image could be measured. */
  image: { width: number; height: number };
  /** Share of the device's peak that training and reading prompts reach. */
  efficiency: number;
  /** Seconds that one decoding step of one layer takes at least, whatever the device (no CUDA graphs). */
  decodeLayerSeconds: number;
}

export const defaultAssumptions: Assumptions = {
  acceptedShare: 0.5,
  replyTokens: 200,
  verdictTokens: 110,
  judgedTokens: 130,
  charactersPerToken: 4,
  requestSeconds: 4,
  promptTokens: 80,
  responseTokens: 90,
  image: { width: 512, height: 512 },
  efficiency: 0.35,
  decodeLayerSeconds: 0.001,
};
