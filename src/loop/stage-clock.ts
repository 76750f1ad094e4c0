/** Charges the time of an attempt to its stages: what lies between two (reading data, hashing) is the later one's. */

export interface StageClock {
  /** What went before belongs to no stage: one that was finished earlier was only looked at. */
  restart(): void;
  /** Leaves out what passes meanwhile: a person's pause is no work. */
  rest(meanwhile: () => Promise<void> | undefined): Promise<void>;
  /** Seconds since the stage before was charged, or since the start. */
  charge(): number;
}

export function startStageClock(now: () => number = () => performance.now()): StageClock {
  let from = now();
  return {
    restart() {
      from = now();
    },
    async rest(meanwhile) {
      const before = now();
      await meanwhile();
      from += now() - before;
    },
    charge() {
      const at = now();
      const seconds = Math.round(at - from) / 1000;
      from = at;
      return seconds;
    },
  };
}
