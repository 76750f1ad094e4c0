/**
 * Options of TRL's SFTConfig, written by `npm run codegen` from TRL 1.16.0 over transformers 5.17.0.
 * Descriptions are shortened from the help texts of TRL and transformers (Copyright The HuggingFace Team, Apache-2.0).
 * Defaults are TRL's own; py/medgr2/training/train_to_end.py replaces some of them.
 */
import { z } from 'zod';

export const sftOptionShape = {
  /** The output directory where the model predictions and checkpoints will be written. */
  output_dir: z.string().nullable().optional(),
  /**
   * The batch size per device for training.
   * @defaultValue 8
   */
  per_device_train_batch_size: z.int().optional(),
  /**
   * Total number of training epochs to perform.
   * @defaultValue 3
   */
  num_train_epochs: z.number().optional(),
  /**
   * Overrides `num_train_epochs`. If set to a positive number, the total number of training steps to perform. Must be
   * set when the training dataset does not implement `__len__` (e.g. a streaming dataset).
   * @defaultValue -1
   */
  max_steps: z.int().optional(),
  /**
   * The initial learning rate for AdamW.
   * @defaultValue 0.00002
   */
  learning_rate: z.number().optional(),
  /**
   * The learning rate scheduler type to use. See `SchedulerType` for all possible values.
   * @defaultValue "linear"
   */
  lr_scheduler_type: z.enum([
    'linear',
    'cosine',
    'cosine_with_restarts',
    'polynomial',
    'constant',
    'constant_with_warmup',
    'inverse_sqrt',
    'reduce_lr_on_plateau',
    'cosine_with_min_lr',
    'cosine_warmup_with_min_lr',
    'warmup_stable_decay',
    'greedy',
  ]).optional(),
  /**
   * Additional parameters for the lr_scheduler, such as {'num_cycles': 1} for cosine with hard restarts. See the
   * documentation of each scheduler for possible values.
   */
  lr_scheduler_kwargs: z.union([z.record(z.string(), z.json()), z.string()]).nullable().optional(),
  /**
   * Number of steps for a linear warmup from 0 to `learning_rate`. Can be an integer (exact steps) or a float in [0, 1)
   * (ratio of total steps).
   * @defaultValue 0
   */
  warmup_steps: z.number().optional(),
  /**
   * The optimizer to use. See `OptimizerNames` for the complete list.
   * @defaultValue "adamw_torch_fused"
   */
  optim: z.enum([
    'adamw_torch',
    'adamw_torch_fused',
    'adamw_torch_xla',
    'adamw_torch_npu_fused',
    'adafactor',
    'adamw_anyprecision',
    'adamw_torch_4bit',
    'adamw_torch_8bit',
    'ademamix',
    'sgd',
    'adagrad',
    'adamw_bnb_8bit',
    'adamw_8bit',
    'ademamix_8bit',
    'lion_8bit',
    'lion_32bit',
    'paged_adamw_32bit',
    'paged_adamw_8bit',
    'paged_ademamix_32bit',
    'paged_ademamix_8bit',
    'paged_lion_32bit',
    'paged_lion_8bit',
    'rmsprop',
    'rmsprop_bnb',
    'rmsprop_bnb_8bit',
    'rmsprop_bnb_32bit',
    'galore_adamw',
    'galore_adamw_8bit',
    'galore_adafactor',
    'galore_adamw_layerwise',
    'galore_adamw_8bit_layerwise',
    'galore_adafactor_layerwise',
    'lomo',
    'adalomo',
    'grokadamw',
    'schedule_free_radam',
    'schedule_free_adamw',
    'schedule_free_sgd',
    'apollo_adamw',
    'apollo_adamw_layerwise',
    'stable_adamw',
  ]).optional(),
  /** Optional arguments supplied to optimizers such as AnyPrecisionAdamW, AdEMAMix, and GaLore. */
  optim_args: z.string().nullable().optional(),
  /**
   * Weight decay coefficient applied by the optimizer. Automatically excluded from bias and LayerNorm parameters.
   * @defaultValue 0
   */
  weight_decay: z.number().optional(),
  /**
   * The exponential decay rate for the first moment estimates (momentum) in Adam-based optimizers.
   * @defaultValue 0.9
   */
  adam_beta1: z.number().optional(),
  /**
   * The exponential decay rate for the second moment estimates (variance) in Adam-based optimizers.
   * @defaultValue 0.999
   */
  adam_beta2: z.number().optional(),
  /**
   * Epsilon value for numerical stability in Adam-based optimizers.
   * @defaultValue 1e-8
   */
  adam_epsilon: z.number().optional(),
  /** The target modules to optimize. Currently used for the GaLore and APOLLO algorithms. */
  optim_target_modules: z.union([z.string(), z.array(z.string())]).nullable().optional(),
  /**
   * Number of update steps to accumulate gradients before performing a backward/update pass. Effective batch size =
   * per_device_train_batch_size * num_devices * gradient_accumulation_steps.
   * @defaultValue 1
   */
  gradient_accumulation_steps: z.int().optional(),
  /**
   * Whether or not to average tokens across devices. If enabled, will use all_reduce to synchronize num_tokens_in_batch
   * for precise loss calculation.
   * @defaultValue true
   */
  average_tokens_across_devices: z.boolean().optional(),
  /**
   * Maximum gradient norm for gradient clipping. Set to 0 to disable.
   * @defaultValue 1
   */
  max_grad_norm: z.number().optional(),
  /**
   * Label smoothing factor to prevent overconfidence. Zero means no smoothing.
   * @defaultValue 0
   */
  label_smoothing_factor: z.number().optional(),
  /**
   * Whether to use bf16 (mixed) precision instead of 32-bit. Requires Ampere or higher NVIDIA architecture or Intel XPU
   * or using CPU (use_cpu) or Ascend NPU.
   */
  bf16: z.boolean().nullable().optional(),
  /**
   * Enable float16 (FP16) mixed precision training. Consider using BF16 instead if your hardware supports it.
   * @defaultValue false
   */
  fp16: z.boolean().optional(),
  /**
   * Use full BF16 precision for evaluation (not just mixed precision). Faster and saves memory.
   * @defaultValue false
   */
  bf16_full_eval: z.boolean().optional(),
  /**
   * Use full FP16 precision for evaluation (not just mixed precision). Faster and saves memory.
   * @defaultValue false
   */
  fp16_full_eval: z.boolean().optional(),
  /** Enable TF32 mode on Ampere and newer GPUs. Provides up to 8x speedup with negligible accuracy loss. */
  tf32: z.boolean().nullable().optional(),
  /**
   * Enable gradient checkpointing to trade compute for memory. Reduces memory at the cost of ~20% slower training.
   * @defaultValue true
   */
  gradient_checkpointing: z.boolean().optional(),
  /** Keyword arguments passed to `gradient_checkpointing_enable()`. */
  gradient_checkpointing_kwargs: z.union([z.record(z.string(), z.json()), z.string()]).nullable().optional(),
  /**
   * Compile the model using `torch.compile()` for faster training.
   * @defaultValue false
   */
  torch_compile: z.boolean().optional(),
  /** Backend for `torch.compile()`. If set, automatically enables `torch_compile`. */
  torch_compile_backend: z.string().nullable().optional(),
  /** Compilation mode for `torch.compile()`. If set, automatically enables `torch_compile`. */
  torch_compile_mode: z.string().nullable().optional(),
  /**
   * Enable Liger Kernel optimizations: transformers patches the model's layers with Liger's Triton kernels.
   * @defaultValue false
   */
  use_liger_kernel: z.boolean().optional(),
  /**
   * Configuration for Liger Kernel. Passed as kwargs to `_apply_liger_kernel_to_instance()`. If None, uses default
   * configuration.
   */
  liger_kernel_config: z.record(z.string(), z.boolean()).nullable().optional(),
  /**
   * Whether or not to use cache for the model For training, this is usually not needed apart from some PEFT methods
   * that uses `past_key_values`.
   * @defaultValue false
   */
  use_cache: z.boolean().optional(),
  /**
   * If not None, activates NEFTune noise embeddings. Can drastically improve performance for instruction fine-tuning.
   * Typical range: [5.0, 15.0].
   */
  neftune_noise_alpha: z.number().nullable().optional(),
  /**
   * Number of steps to wait before calling `torch.<device>.empty_cache()`. Helps avoid CUDA OOM at a cost of ~10%
   * slower performance. If None, cache will not be emptied.
   */
  torch_empty_cache_steps: z.int().nullable().optional(),
  /**
   * Whether to find a batch size that will fit into memory automatically through exponential decay, avoiding CUDA
   * Out-of-Memory errors.
   * @defaultValue false
   */
  auto_find_batch_size: z.boolean().optional(),
  /**
   * The logging strategy to adopt during training. Options: 'no', 'epoch', 'steps'.
   * @defaultValue "steps"
   */
  logging_strategy: z.enum(['no', 'steps', 'epoch']).optional(),
  /**
   * Log every X updates steps. Should be an integer or a float in range `[0,1)`. If smaller than 1, will be interpreted
   * as ratio of total training steps.
   * @defaultValue 10
   */
  logging_steps: z.number().optional(),
  /**
   * Whether to log the first `global_step` or not.
   * @defaultValue false
   */
  logging_first_step: z.boolean().optional(),
  /**
   * When doing a multinode distributed training, whether to log once per node or just once on the main node.
   * @defaultValue true
   */
  log_on_each_node: z.boolean().optional(),
  /**
   * Filter out NaN and Inf losses when logging. Does not affect gradient computation, only logging.
   * @defaultValue true
   */
  logging_nan_inf_filter: z.boolean().optional(),
  /**
   * Whether to track the number of input tokens seen. Must be one of [`all`, `non_padding`, `no`] or a boolean value
   * which map to `all` or `no`
   * @defaultValue "no"
   */
  include_num_input_tokens_seen: z.union([z.string(), z.boolean()]).optional(),
  /**
   * Logging level for the main process. Options: 'debug', 'info', 'warning', 'error', 'critical', 'passive'.
   * @defaultValue "passive"
   */
  log_level: z.string().optional(),
  /**
   * Logging level for replica processes in distributed training. Same options as `log_level`.
   * @defaultValue "warning"
   */
  log_level_replica: z.string().optional(),
  /** Disable tqdm progress bars. Defaults to True if log_level is warning or lower. */
  disable_tqdm: z.boolean().nullable().optional(),
  /**
   * The list of integrations to report the results and logs to. Use 'all' for all installed integrations, 'none' for no
   * integrations.
   * @defaultValue "none"
   */
  report_to: z.union([z.string(), z.array(z.string())]).nullable().optional(),
  /** An optional descriptor for the run. Notably used for trackio, wandb, mlflow comet and swanlab logging. */
  run_name: z.string().nullable().optional(),
  /**
   * The name of the project to use for logging. Currently, only used by Trackio.
   * @defaultValue "huggingface"
   */
  project: z.string().optional(),
  /**
   * Hugging Face Space id for live Gradio-based Trackio logging (read/write Bucket access). Use 'username/reponame',
   * 'orgname/reponame', or 'reponame' (current user's namespace).
   */
  trackio_space_id: z.string().nullable().optional(),
  /** Optional HF Bucket id when using a Trackio Space; if unset, Trackio picks a default. */
  trackio_bucket_id: z.string().nullable().optional(),
  /**
   * Static read-only Trackio Space over the Bucket (stable model-card links). False: no static sync on Hub push and no
   * freeze after training.
   */
  trackio_static_space_id: z.union([z.string(), z.literal([false])]).nullable().optional(),
  /**
   * When to run evaluation. Options: 'no', 'steps', 'epoch'.
   * @defaultValue "no"
   */
  eval_strategy: z.enum(['no', 'steps', 'epoch']).optional(),
  /**
   * Number of update steps between evaluations if `eval_strategy='steps'`. Defaults to `logging_steps` if not set.
   * Should be an integer or a float in range `[0,1)`.
   */
  eval_steps: z.number().nullable().optional(),
  /**
   * Number of epochs or steps to wait for before the first evaluation can be performed, depending on the eval_strategy.
   * @defaultValue 0
   */
  eval_delay: z.number().optional(),
  /**
   * The batch size per device (GPU/TPU core/CPU) for evaluation.
   * @defaultValue 8
   */
  per_device_eval_batch_size: z.int().optional(),
  /**
   * When performing evaluation and generating predictions, only returns the loss.
   * @defaultValue false
   */
  prediction_loss_only: z.boolean().optional(),
  /**
   * Whether to run through the entire `evaluation` step at the very beginning of training as a sanity check.
   * @defaultValue false
   */
  eval_on_start: z.boolean().optional(),
  /**
   * Whether to recursively concat inputs/losses/labels/predictions across batches. If `False`, will instead store them
   * as lists, with each batch kept separate.
   * @defaultValue true
   */
  eval_do_concat_batches: z.boolean().optional(),
  /**
   * Whether to run recursively gather object in a nested list/tuple/dictionary of objects from all devices.
   * @defaultValue false
   */
  eval_use_gather_object: z.boolean().optional(),
  /**
   * Number of predictions steps to accumulate the output tensors for, before moving the results to the CPU. If unset,
   * predictions are accumulated on the accelerator before being moved to the CPU.
   */
  eval_accumulation_steps: z.int().nullable().optional(),
  /**
   * Include additional data in the `compute_metrics` function. Options: 'inputs', 'loss'.
   * @defaultValue []
   */
  include_for_metrics: z.array(z.string()).optional(),
  /**
   * Break eval metrics calculation into batches to save memory.
   * @defaultValue false
   */
  batch_eval_metrics: z.boolean().optional(),
  /**
   * Save only model weights, not optimizer/scheduler/RNG state. Prevents resuming training from checkpoint.
   * @defaultValue false
   */
  save_only_model: z.boolean().optional(),
  /**
   * The checkpoint save strategy to adopt during training. Options: 'no', 'epoch', 'steps', 'best'.
   * @defaultValue "steps"
   */
  save_strategy: z.enum(['no', 'steps', 'epoch', 'best']).optional(),
  /**
   * Save checkpoint every X updates steps. Should be an integer or a float in range `[0,1)`. If smaller than 1, will be
   * interpreted as ratio of total training steps.
   * @defaultValue 500
   */
  save_steps: z.number().optional(),
  /**
   * When doing multi-node distributed training, whether to save models and checkpoints on each node, or only on the
   * main one
   * @defaultValue false
   */
  save_on_each_node: z.boolean().optional(),
  /**
   * Maximum number of checkpoints to keep. Deletes older checkpoints in `output_dir`. The best checkpoint is always
   * retained when `load_best_model_at_end=True`.
   */
  save_total_limit: z.int().nullable().optional(),
  /**
   * Enable JIT checkpointing on SIGTERM signal for graceful termination on preemptible workloads. Configure your
   * orchestrator's graceful shutdown period accordingly.
   * @defaultValue false
   */
  enable_jit_checkpoint: z.boolean().optional(),
  /**
   * Whether or not to push the model to the Hub every time the model is saved.
   * @defaultValue false
   */
  push_to_hub: z.boolean().optional(),
  /** The token to use to push the model to the Hub. Defaults to the token from `hf auth login`. */
  hub_token: z.string().nullable().optional(),
  /**
   * Whether to make the repo private. If `None` (default), the repo will be public unless the organization's default is
   * private. This value is ignored if the repo already exists.
   */
  hub_private_repo: z.boolean().nullable().optional(),
  /** The name of the repository to keep in sync with the local `output_dir`. */
  hub_model_id: z.string().nullable().optional(),
  /**
   * Defines what and when to push to Hub. Options: 'end', 'every_save', 'checkpoint', 'all_checkpoints'.
   * @defaultValue "every_save"
   */
  hub_strategy: z.enum(['end', 'every_save', 'checkpoint', 'all_checkpoints']).optional(),
  /**
   * Unless `True`, the Trainer will skip pushes if the previous one wasn't finished yet.
   * @defaultValue false
   */
  hub_always_push: z.boolean().optional(),
  /** The revision to use when pushing to the Hub. Can be a branch name, a tag, or a commit hash. */
  hub_revision: z.string().nullable().optional(),
  /**
   * Load the best checkpoint at the end of training. Requires `eval_strategy` to be set.
   * @defaultValue false
   */
  load_best_model_at_end: z.boolean().optional(),
  /** Metric to use for comparing models when `load_best_model_at_end=True`. Defaults to 'loss'. */
  metric_for_best_model: z.string().nullable().optional(),
  /** Whether higher metric values are better. Defaults based on `metric_for_best_model`. */
  greater_is_better: z.boolean().nullable().optional(),
  /**
   * When resuming training, skip fast-forwarding through the dataset to reach the previous state. If True, training
   * starts from the beginning of the dataset.
   * @defaultValue false
   */
  ignore_data_skip: z.boolean().optional(),
  /**
   * Whether to restore the callback states from the checkpoint. If `True`, will override callbacks passed to the
   * `Trainer` if they exist in the checkpoint.
   * @defaultValue false
   */
  restore_callback_states_from_checkpoint: z.boolean().optional(),
  /**
   * Whether to call enable_full_determinism instead of set_seed for reproducibility in distributed training. Important:
   * this will negatively impact the performance, so only use it for debugging.
   * @defaultValue false
   */
  full_determinism: z.boolean().optional(),
  /**
   * Random seed that will be set at the beginning of training.
   * @defaultValue 42
   */
  seed: z.int().optional(),
  /** Random seed to be used with data samplers. If not set, uses the same seed as `seed`. */
  data_seed: z.int().nullable().optional(),
  /**
   * Whether or not to use cpu. If set to False, we will use the available torch device/backend.
   * @defaultValue false
   */
  use_cpu: z.boolean().optional(),
  /** Configuration for the internal Accelerate integration. Can be a path to a JSON config file or a dict. */
  accelerator_config: z.union([z.record(z.string(), z.json()), z.string()]).nullable().optional(),
  /**
   * Drop the last incomplete batch if it is not divisible by the batch size.
   * @defaultValue false
   */
  dataloader_drop_last: z.boolean().optional(),
  /**
   * Number of subprocesses to use for data loading (PyTorch only). 0 means that the data will be loaded in the main
   * process.
   * @defaultValue 0
   */
  dataloader_num_workers: z.int().optional(),
  /**
   * Whether or not to pin memory for DataLoader.
   * @defaultValue true
   */
  dataloader_pin_memory: z.boolean().optional(),
  /**
   * If True, the data loader will not shut down the worker processes after a dataset has been consumed once. This
   * allows to maintain the workers Dataset instances alive.
   * @defaultValue false
   */
  dataloader_persistent_workers: z.boolean().optional(),
  /**
   * Number of batches loaded in advance by each worker. 2 means there will be a total of 2 * num_workers batches
   * prefetched across all workers.
   */
  dataloader_prefetch_factor: z.int().nullable().optional(),
  /** The multiprocessing start method to use for data loading workers ('fork', 'spawn', or 'forkserver'). */
  dataloader_multiprocessing_context: z.string().nullable().optional(),
  /**
   * If True (default), the data loader yields batches in the order workers were dispatched.
   * @defaultValue true
   */
  dataloader_in_order: z.boolean().optional(),
  /**
   * Whether or not to automatically remove the columns unused by the model forward method.
   * @defaultValue true
   */
  remove_unused_columns: z.boolean().optional(),
  /** The list of keys in your dictionary of inputs that correspond to the labels. */
  label_names: z.array(z.string()).nullable().optional(),
  /**
   * Sampler for training: 'random' (default), 'sequential', 'group_by_length', or 'batch_rebalance'.
   * @defaultValue "random"
   */
  train_sampling_strategy: z.string().optional(),
  /**
   * Column name for precomputed lengths. Ignored unless `train_sampling_strategy` is 'group_by_length' or
   * 'batch_rebalance'.
   * @defaultValue "length"
   */
  length_column_name: z.string().optional(),
  /**
   * When using distributed training, the value of the flag `find_unused_parameters` passed to
   * `DistributedDataParallel`.
   */
  ddp_find_unused_parameters: z.boolean().nullable().optional(),
  /** When using distributed training, the value of the flag `bucket_cap_mb` passed to `DistributedDataParallel`. */
  ddp_bucket_cap_mb: z.int().nullable().optional(),
  /** When using distributed training, the value of the flag `broadcast_buffers` passed to `DistributedDataParallel`. */
  ddp_broadcast_buffers: z.boolean().nullable().optional(),
  /** When using distributed training, the value of the flag `static_graph` passed to `DistributedDataParallel`. */
  ddp_static_graph: z.boolean().nullable().optional(),
  /** The backend to use for distributed training. Must be one of 'nccl', 'mpi', 'xccl', 'gloo', 'hccl'. */
  ddp_backend: z.string().nullable().optional(),
  /**
   * The timeout for `torch.distributed.init_process_group` calls (in seconds).
   * @defaultValue 1800
   */
  ddp_timeout: z.int().optional(),
  /**
   * Enable PyTorch Fully Sharded Data Parallel (FSDP) for distributed training. Pass `--fsdp` (or `fsdp=True`) to turn
   * FSDP on.
   */
  fsdp: z.string().nullable().optional(),
  /**
   * Tuning for FSDP (used only when `fsdp` is enabled). Either a path to a JSON config file (e.g., `fsdp_config.json`)
   * or an already loaded dict.
   */
  fsdp_config: z.union([z.record(z.string(), z.json()), z.string()]).nullable().optional(),
  /** Enable DeepSpeed integration. Value is a path to a JSON config file or a dict. */
  deepspeed: z.union([z.record(z.string(), z.json()), z.string()]).nullable().optional(),
  /**
   * Enable one or more debug features. Options: 'underflow_overflow' (detect overflow in model I/O),
   * 'tpu_metrics_debug' (print TPU metrics).
   * @defaultValue ""
   */
  debug: z.union([z.string(), z.array(z.enum(['underflow_overflow', 'tpu_metrics_debug']))]).optional(),
  /**
   * Whether to skip adding memory profiler reports to metrics. Skipped by default because it slows down training.
   * @defaultValue true
   */
  skip_memory_metrics: z.boolean().optional(),
  /**
   * Whether to run training. Not directly used by Trainer; intended for training/evaluation scripts.
   * @defaultValue false
   */
  do_train: z.boolean().optional(),
  /**
   * Whether to run evaluation. Not directly used by Trainer; intended for training/evaluation scripts.
   * @defaultValue false
   */
  do_eval: z.boolean().optional(),
  /**
   * Whether to run predictions on the test set. Not directly used by Trainer; intended for training/evaluation scripts.
   * @defaultValue false
   */
  do_predict: z.boolean().optional(),
  /**
   * Path to a folder with a valid checkpoint for your model. Not directly used by Trainer; intended for
   * training/evaluation scripts.
   */
  resume_from_checkpoint: z.string().nullable().optional(),
  /**
   * When using torch.distributed.launch (Deprecated), it will pass `local_rank` in the script, so we need this for the
   * parser. To get the local rank, prefer using the property `local_process_index`
   * @defaultValue -1
   */
  local_rank: z.int().optional(),
  /**
   * Keyword arguments for `AutoModelForCausalLM.from_pretrained`, used when the `model` argument of the `SFTTrainer` is
   * provided as a string.
   */
  model_init_kwargs: z.union([z.record(z.string(), z.json()), z.string()]).nullable().optional(),
  /**
   * Whether to allow loading models and tokenizers that ship custom Python code from the Hub. Forwarded to
   * `AutoModelForCausalLM.from_pretrained` and `AutoProcessor.from_pretrained`.
   * @defaultValue false
   */
  trust_remote_code: z.boolean().optional(),
  /**
   * Coefficient of the load-balancing auxiliary loss for Mixture-of-Experts (MoE) models, added to the training loss
   * with this weight. When not set, the value declared by the model config is used.
   */
  router_aux_loss_coef: z.number().nullable().optional(),
  /**
   * If specified, sets the model's chat template. This can either be the path to a tokenizer (local directory or
   * Hugging Face Hub model) or a direct path to a Jinja template file.
   */
  chat_template_path: z.string().nullable().optional(),
  /**
   * Name of the column that contains text data in the dataset.
   * @defaultValue "text"
   */
  dataset_text_field: z.string().optional(),
  /**
   * Dictionary of optional keyword arguments for the dataset preparation. The only supported key is
   * `skip_prepare_dataset`.
   */
  dataset_kwargs: z.union([z.record(z.string(), z.json()), z.string()]).nullable().optional(),
  /** Number of processes to use for processing the dataset. */
  dataset_num_proc: z.int().nullable().optional(),
  /** Token used to indicate the end of a turn or sequence. If `None`, it defaults to `processing_class.eos_token`. */
  eos_token: z.string().nullable().optional(),
  /**
   * Maximum length of the tokenized sequence. Sequences longer than `max_length` are truncated from the left or right
   * depending on the `truncation_mode`. If `None`, no truncation is applied.
   * @defaultValue 1024
   */
  max_length: z.int().nullable().optional(),
  /**
   * Truncation mode to use when the sequence exceeds `max_length`. The only supported value is `'keep_start'`. The
   * `'keep_end'` value is deprecated and will be removed in v2.0.0.
   * @defaultValue "keep_start"
   */
  truncation_mode: z.string().optional(),
  /**
   * Whether to shuffle the dataset.
   * @defaultValue false
   */
  shuffle_dataset: z.boolean().optional(),
  /**
   * Whether to group multiple sequences into fixed-length blocks to improve computational efficiency and reduce
   * padding. Uses `max_length` to define sequence length.
   * @defaultValue false
   */
  packing: z.boolean().optional(),
  /**
   * Strategy for packing sequences.
   * @defaultValue "bfd"
   */
  packing_strategy: z.string().optional(),
  /**
   * Whether to perform forward passes without padding by flattening all sequences in the batch into a single continuous
   * sequence. This reduces memory usage by eliminating padding overhead.
   * @defaultValue false
   */
  padding_free: z.boolean().optional(),
  /**
   * If set, the sequences will be padded to a multiple of this value. `'auto'` pads to a multiple of 128 on Neuron (AWS
   * Trainium), which compiles once per input shape, and does not pad elsewhere.
   * @defaultValue "auto"
   */
  pad_to_multiple_of: z.union([z.int(), z.string()]).nullable().optional(),
  /** Whether to pack the eval dataset. If `None`, uses the same value as `packing`. */
  eval_packing: z.boolean().nullable().optional(),
  /**
   * Whether to compute loss only on the completion part of the sequence. If set to `True`, loss is computed only on the
   * completion, which is supported only for prompt-completion datasets.
   */
  completion_only_loss: z.boolean().nullable().optional(),
  /**
   * Whether to compute loss only on the assistant part of the sequence. If set to `True`, loss is computed only on the
   * assistant responses, which is supported only for conversational datasets.
   * @defaultValue false
   */
  assistant_only_loss: z.boolean().optional(),
  /**
   * Type of loss to use. Possible values are `'nll'` (standard negative log-likelihood) and `'dft'` (Dynamic
   * Fine-Tuning, https://huggingface.co/papers/2508.05629).
   * @defaultValue "nll"
   */
  loss_type: z.string().optional(),
  /**
   * Whether to offload the activations to the CPU.
   * @defaultValue false
   */
  activation_offloading: z.boolean().optional(),
  /** @deprecated Set `tokenizer.pad_token` directly and pass it as `processing_class` to the trainer instead. */
  pad_token: z.string().nullable().optional(),
} as const;
