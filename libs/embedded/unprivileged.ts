import { spawnSync } from 'node:child_process';
import { AppError } from '#contracts';
import { findOnPath, searchPath } from './search-path.js';

/** Uid and gid of `nobody` on Debian, Alpine and Red Hat alike. */
const NOBODY = 65_534;

/**
 * How to run a program that refuses to run as root:
 *  as-is          we are no root
 *  user-namespace the program sees itself as nobody while the kernel still sees root, so files under
 *                 /root stay within reach and nothing changes its owner
 *  other-user     where namespaces are forbidden (most containers): really as nobody, after its folder
 *                 was given to nobody
 */
export type Privilege =
  | { kind: 'as-is' }
  | { kind: 'user-namespace'; unshare: string }
  | { kind: 'other-user'; uid: number; gid: number };

export interface Launch {
  command: string;
  args: string[];
  uid?: number;
  gid?: number;
}

/**
 * `owner` is who the files belong to when there are some already: root then becomes that user, as a
 * user namespace shows foreign files as nobody's but does not open them.
 */
export function choosePrivilege(
  owner?: { uid: number; gid: number },
  uid = process.getuid?.() ?? -1,
): Privilege {
  if (uid !== 0) return { kind: 'as-is' };
  if (owner !== undefined && owner.uid !== 0) return { kind: 'other-user', ...owner };
  const unshare = findOnPath('unshare');
  if (unshare !== undefined && mayUnshare(unshare)) return { kind: 'user-namespace', unshare };
  return { kind: 'other-user', uid: NOBODY, gid: NOBODY };
}

/** The command line that runs `file` with that privilege, under the same process id as it is spawned. */
export function launch(privilege: Privilege, file: string, args: readonly string[]): Launch {
  switch (privilege.kind) {
    case 'as-is':
      return { command: file, args: [...args] };
    case 'user-namespace':
      return {
        command: privilege.unshare,
        args: [...unshareArgs, '--', file, ...args],
      };
    case 'other-user':
      return { command: file, args: [...args], uid: privilege.uid, gid: privilege.gid };
  }
}

/** Errors: `embedded.unreachable` when a parent folder keeps that user out of one of `paths`. */
export function requireReach(privilege: Privilege, paths: readonly string[]): void {
  if (privilege.kind !== 'other-user') return;
  const { uid, gid } = privilege;
  const closed = paths.find(
    (path) =>
      spawnSync('sh', ['-c', 'test -x "$1"', 'reach', path], { uid, gid, cwd: '/' }).status !== 0,
  );
  if (closed === undefined) return;
  throw new AppError(
    'embedded.unreachable',
    `PostgreSQL refuses to run as root, and user ${uid}, which it would run as, cannot reach ${closed}. Run Pallet as an ordinary user, or use a folder whose parents everyone may enter (chmod o+x), such as /var/lib/pallet.`,
    { context: { path: closed } },
  );
}

const unshareArgs = ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

function mayUnshare(unshare: string): boolean {
  const probe = spawnSync(unshare, [...unshareArgs, '--', process.execPath, '--version'], {
    stdio: 'ignore',
    timeout: 5_000,
    env: { PATH: searchPath() },
  });
  return probe.status === 0;
}
