import { UNMEASURED_TASK_MS } from '#pipeline';

/** Each worker says so often what it measured, in seconds. */
const METER_S = 5;

/** Seconds per image as the api knows them: assumed at first, then the moving average of what workers measure. */
export class MeasuredSeconds {
  #average: number | undefined;

  get seconds(): number {
    return this.#average ?? UNMEASURED_TASK_MS / 1000;
  }

  step(at: number, measures: readonly number[]): void {
    if (at % METER_S !== 0) return;
    for (const measure of measures) {
      this.#average = this.#average === undefined ? measure : this.#average * 0.9 + measure * 0.1;
    }
  }
}
