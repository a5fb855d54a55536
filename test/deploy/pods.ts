import type { KubernetesObject } from './kubernetes-types.js';

interface EnvironmentEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { name: string; key: string; optional?: boolean } };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly EnvironmentEntry[];
  readonly ports?: readonly { name: string; containerPort: number }[];
  readonly resources: { requests?: Record<string, string>; limits?: Record<string, string> };
  readonly securityContext?: Record<string, unknown>;
  readonly startupProbe?: object;
  readonly livenessProbe?: { httpGet: { port: string } };
  readonly readinessProbe?: { httpGet: { port: string } };
  readonly volumeMounts?: readonly { name: string; mountPath: string; readOnly?: boolean }[];
}

export interface PodSpec {
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext: Record<string, unknown>;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly {
    name: string;
    persistentVolumeClaim?: { claimName: string };
  }[];
}

export interface Workload {
  readonly object: KubernetesObject;
  readonly labels: Record<string, string>;
  readonly pod: PodSpec;
  readonly containers: readonly Container[];
}

interface WorkloadSpec {
  readonly template: { metadata: { labels: Record<string, string> }; spec: PodSpec };
}

/** Everything that makes pods. */
export function workloadsOf(objects: readonly KubernetesObject[]): Workload[] {
  return objects
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .map((object) => {
      const { template } = object['spec'] as WorkloadSpec;
      const pod = template.spec;
      const containers = [...(pod.initContainers ?? []), ...pod.containers];
      return { object, labels: template.metadata.labels, pod, containers };
    });
}

/** What a process would find in `process.env`, with values of a secret made up. */
export function environmentOf({ env = [] }: Container): Record<string, string> {
  const own = env
    .filter(({ valueFrom }) => valueFrom?.secretKeyRef.optional !== true)
    .map(({ name, value }) => [name, value ?? SECRETS[name] ?? `no secret ${name}`]);
  return { ...OF_EVERY_POD, ...Object.fromEntries(own) };
}

/** What Kubernetes itself says to each container. */
const OF_EVERY_POD = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

const SECRETS: Record<string, string> = {
  DATABASE_URL: 'postgres://pallet:secret@postgres:5432/pallet',
  QUEUE_URL: 'redis://redis:6379',
  STORAGE_URL: 's3://images?region=eu-central-1',
  INTERNAL_TOKEN: 'an-internal-token-of-a-test',
};

export const matches = (
  selector: Record<string, string>,
  labels: Record<string, string>,
): boolean => Object.entries(selector).every(([name, value]) => labels[name] === value);
