import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Version 1 of control groups; with version 2 the files have other names, and hardly any CI lets one make a group. */
const GROUPS = '/sys/fs/cgroup/memory';

/** Memory of some processes, as a container has it. Needs root, and control groups that may be written. */
export class MemoryLimit {
  private constructor(private readonly folder: string) {}

  /** Undefined where no group can be made. */
  static make(bytes: number): MemoryLimit | undefined {
    const folder = join(GROUPS, `pallet-${process.pid}-${Date.now()}`);
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, 'memory.limit_in_bytes'), String(bytes));
      return new MemoryLimit(folder);
    } catch {
      return undefined;
    }
  }

  /** What the process has stays uncounted; what it takes from now on is limited. */
  add(pid: number): void {
    writeFileSync(join(this.folder, 'cgroup.procs'), String(pid));
  }

  /** Processes that the kernel has ended because memory was short. */
  get kills(): number {
    const text = readFileSync(join(this.folder, 'memory.oom_control'), 'utf8');
    return Number(/^oom_kill (\d+)/m.exec(text)?.[1]);
  }

  /** Its processes must have ended. */
  remove(): void {
    rmdirSync(this.folder);
  }
}
