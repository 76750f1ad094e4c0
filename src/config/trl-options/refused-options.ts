/** TRL options that a user may not set, and why: the one table. What a config section has a setting for is in src/config. */

/** TRL option -> the reason that a person reads. */
export type Refusals = Readonly<Record<string, string>>;

const sends = 'nothing is sent to another machine by itself; upload the finished model with a tool of your choice';
const tracks = 'trackers of a run are named in `trackers`';
const evaluates = 'a trainer gets no evaluation rows; medgr2 measures policies in jobs of their own';
const loads = 'medgr2 loads the model; use policy.dtype and policy.maxPixels, or `model` in a job';
const shards = 'use executor.sharding: fsdp or zero3, which also counts for the reward model';
const unused = 'it does nothing in a training job';

/** Of both trainers, in YAML and in job specs alike. */
export const refusedByJobs = {
  output_dir: 'the run folder decides (outDir in a job)',
  seed: 'use seed',
  data_seed: 'use seed',
  use_cpu: 'use device',
  resume_from_checkpoint: 'a job goes on from its last checkpoint by itself',
  ignore_data_skip: 'a job that goes on would see other rows than one that was never stopped',
  save_only_model: 'a job could not go on from such a checkpoint',
  restore_callback_states_from_checkpoint: 'a job restores what it needs by itself',
  remove_unused_columns: 'the rows have columns that medgr2 needs',
  label_names: 'the rows have columns that medgr2 needs',
  length_column_name: 'the rows have columns that medgr2 needs',
  optim_target_modules: 'it is for optimizers that medgr2 does not install',
  model_init_kwargs: loads,
  trust_remote_code: loads,
  parallelism_config: 'it takes a Python object, which a job spec cannot hold',
  local_rank: 'the executor gives each process its rank',
  fsdp: shards,
  fsdp_config: shards,
  deepspeed: shards,
  report_to:
    'a job alone tells events; of a run it may name wandb, mlflow, tensorboard or trackio, which then stand in `trackers`',
  run_name: tracks,
  project: tracks,
  trackio_space_id: tracks,
  trackio_bucket_id: tracks,
  trackio_static_space_id: tracks,
  push_to_hub: sends,
  hub_token: sends,
  hub_private_repo: sends,
  hub_model_id: sends,
  hub_strategy: sends,
  hub_always_push: sends,
  hub_revision: sends,
  eval_strategy: evaluates,
  eval_steps: evaluates,
  eval_delay: evaluates,
  eval_on_start: evaluates,
  eval_accumulation_steps: evaluates,
  eval_do_concat_batches: evaluates,
  eval_use_gather_object: evaluates,
  batch_eval_metrics: evaluates,
  include_for_metrics: evaluates,
  per_device_eval_batch_size: evaluates,
  prediction_loss_only: evaluates,
  bf16_full_eval: evaluates,
  fp16_full_eval: evaluates,
  load_best_model_at_end: evaluates,
  metric_for_best_model: evaluates,
  greater_is_better: evaluates,
  do_train: unused,
  do_eval: unused,
  do_predict: unused,
} as const satisfies Refusals;

const encodes =
  "medgr2 encodes the rows itself, in the model's own form, with loss on the completion and its end alone";
const textOnly = 'TRL does not do it for rows with images';

export const refusedBySft = {
  ...refusedByJobs,
  packing: textOnly,
  packing_strategy: textOnly,
  eval_packing: textOnly,
  padding_free: textOnly,
  dataset_text_field: 'the rows have a form of their own: image, prompt, completion',
  dataset_kwargs: 'the rows have a form of their own: image, prompt, completion',
  completion_only_loss: encodes,
  assistant_only_loss: encodes,
  eos_token: encodes,
  pad_token: encodes,
  pad_to_multiple_of: encodes,
  chat_template_path: encodes,
  shuffle_dataset: 'each epoch is shuffled anyway, by seed, unless train_sampling_strategy says sequential',
} as const satisfies Refusals;

export const refusedByGrpo = {
  ...refusedByJobs,
  reward_weights: 'give each reward its weight: grpo.rewards in YAML, `rewards` in a job',
  num_generations_eval: evaluates,
  label_smoothing_factor: 'GRPO learns from rewards and has no labels to smooth',
  train_sampling_strategy: 'GRPO draws whole groups itself; shuffle_dataset says whether in another order',
  max_tool_calling_iterations: 'its tools are Python functions, which a job spec cannot hold',
  log_completions_hub_repo: sends,
  auto_find_batch_size: 'a smaller batch would no longer hold whole groups',
} as const satisfies Refusals;
