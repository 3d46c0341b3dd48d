/** Waits for a time or for a wake, whichever comes first. A wake that comes while nobody sleeps ends the next sleep at once. */
export class Sleeper {
  #wakeUp: (() => void) | null = null;
  #isAwake = false;

  sleep(ms: number): Promise<void> {
    if (this.#isAwake) {
      this.#isAwake = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#wakeUp = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#wakeUp = end;
    });
  }

  wake(): void {
    if (this.#wakeUp) this.#wakeUp();
    else this.#isAwake = true;
  }
}
