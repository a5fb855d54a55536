import { removeSystemFile, writeSystemFile } from '../connection/system-file.js';

/** Keeps system.json true: written when the system is ready, again after each restart, gone when it stops. */
export class SystemRecord {
  readonly #directory: string;
  readonly #apiKey: string;
  readonly #pids = new Map<string, () => number>([['up', () => process.pid]]);
  /** Set from `publish` to `remove`. */
  #url: string | undefined;

  constructor(directory: string, apiKey: string) {
    this.#directory = directory;
    this.#apiKey = apiKey;
  }

  /** `pid` is asked at each writing, as restarts change it. */
  add(name: string, pid: () => number): void {
    this.#pids.set(name, pid);
  }

  async publish(url: string): Promise<void> {
    this.#url = url;
    await this.refresh();
  }

  /** Does nothing while the system starts or stops. */
  refresh = async (): Promise<void> => {
    if (this.#url === undefined) return;
    const pids = Object.fromEntries([...this.#pids].map(([name, pid]) => [name, pid()]));
    await writeSystemFile(this.#directory, { url: this.#url, apiKey: this.#apiKey, pids });
  };

  async remove(): Promise<void> {
    this.#url = undefined;
    await removeSystemFile(this.#directory);
  }
}
