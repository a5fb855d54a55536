import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { REPOSITORY } from '../rig/repository.js';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

const PACKAGES: readonly [apiVersion: RegExp, module: (apiVersion: string) => string][] = [
  [/^keda\.sh\//, (version) => `@kubernetes-models/keda/${version}`],
  [/./, (version) => `kubernetes-models/${version}`],
];

/**
 * Holds objects against the types that `kubernetes-models` makes of the OpenAPI of Kubernetes 1.35 and of KEDA's own
 * definitions. As literals, the compiler refuses fields that do not exist, which their validators let pass, and
 * values of another type. Output: its complaints.
 */
export async function complaintsAbout(objects: readonly KubernetesObject[]): Promise<string[]> {
  const cache = join(REPOSITORY, 'node_modules', '.cache', 'pallet');
  await mkdir(cache, { recursive: true });
  // Inside node_modules, so that the types are found; the options below count for no other file.
  const folder = await mkdtemp(join(cache, 'types-'));
  try {
    const file = join(folder, 'objects.ts');
    await writeFile(file, objects.map(asLiteral).join('\n'));
    return compile(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function asLiteral(object: KubernetesObject, n: number): string {
  const { apiVersion, kind } = object;
  const [, moduleOf] = PACKAGES.find(([pattern]) => pattern.test(apiVersion))!;
  return `import type { I${kind} as Kind${n} } from '${moduleOf(apiVersion)}';
export const object${n}: Kind${n} = ${JSON.stringify(object)};`;
}

function compile(file: string): string[] {
  const program = ts.createProgram([file], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
  });
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
