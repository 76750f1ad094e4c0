#!/bin/bash
# medgr2 under Slurm, on one GPU or, with `sbatch --gpus-per-node=8`, a rank on each of eight; goes on after preemption.
#   sbatch --export=ALL,CONFIG=mine.yaml configs/cloud/slurm.sh
# Secrets (GEMINI_API_KEY, HF_TOKEN) come from the shell that submits. RUNS is a folder that every node sees.
#SBATCH --job-name=medgr2
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --gpus-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --mem=64G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=medgr2-%j.log
# SIGTERM comes to this script alone, three minutes before the end: jobs save their step and the run can go on.
#SBATCH --signal=B:TERM@180
set -u
CONFIG=${CONFIG:?the configuration to run, as CONFIG=mine.yaml}
RUNS=${RUNS:-$PWD/runs}
# `medgr2` itself, not `npm run`, which would pass a signal on twice.
MEDGR2=${MEDGR2:-medgr2}
export HF_HOME=${HF_HOME:-$RUNS/.models}

# Before the run starts, so that no signal ends this script and leaves the run.
run=''
early=''
trap 'if [ -n "$run" ]; then kill -TERM "$run"; else early=1; fi' TERM
"$MEDGR2" run "$CONFIG" --run-dir "$RUNS/${SLURM_JOB_ID:-by-hand}" --plain --set device=cuda --set executor.gpus=all &
run=$!
if [ -n "$early" ]; then kill -TERM "$run"; fi
wait "$run"
code=$?
# A trap ends the first wait before the run has ended.
while kill -0 "$run" 2>/dev/null; do
  wait "$run"
  code=$?
done
# Or the run has ended between the two: its code is still to be had.
wait "$run" 2>/dev/null
last=$?
if [ "$last" -ne 127 ]; then code=$last; fi
# 130: stopped, its checkpoint is there; 143: before it had begun. 0 done, 1 failed, 2 wrong configuration, 3 paused at the budget: not again.
if [ "$code" -eq 130 ] || [ "$code" -eq 143 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$code"
