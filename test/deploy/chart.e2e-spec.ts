import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadApiConfig, loadDispatcherConfig, loadWorkerConfig } from '#config';
import { DEFAULT_POOL } from '#scaling';
import { helm, valuesFile } from './helm.js';
import { complaintsAbout, type KubernetesObject } from './kubernetes-types.js';
import { environmentOf, matches, workloadsOf, type Workload } from './pods.js';

const LAPTOP = ['--values', valuesFile('laptop')];
const CASES: Record<string, string[]> = {
  default: [],
  laptop: LAPTOP,
  'gpu-cluster': ['--values', valuesFile('gpu-cluster')],
  'image-volume': ['--values', valuesFile('image-volume')],
};

async function render(args: readonly string[]): Promise<KubernetesObject[]> {
  const documents = parseAllDocuments(await helm('template', ...args));
  const objects = documents.map((document) => document.toJS() as KubernetesObject | null);
  return objects.filter((object) => object !== null);
}

/**
 * KEDA's `fallback.behavior` (2.17 and newer, keda.sh/docs/2.18/reference/scaledobject-spec) is younger than the
 * types; everything else of the object is held against them.
 */
function withoutYoungFields(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'ScaledObject') return object;
  const copy = structuredClone(object) as KubernetesObject & {
    spec: { fallback: { behavior?: string } };
  };
  expect(copy.spec.fallback.behavior).toBe('currentReplicasIfHigher');
  delete copy.spec.fallback.behavior;
  return copy;
}

describe.each(Object.entries(CASES))('the chart with values %s', (_, args) => {
  let objects: KubernetesObject[];
  let workloads: Workload[];
  beforeAll(async () => {
    objects = await render(args);
    workloads = workloadsOf(objects);
  });
  const named = (kind: string) => objects.filter((object) => object.kind === kind);
  const names = (kind: string) => named(kind).map(({ metadata }) => metadata.name);
  const specOf = <T>(object: KubernetesObject) => object['spec'] as T;

  it('passes helm lint', async () => {
    expect(await helm('lint', '--strict', ...args)).toContain('0 chart(s) failed');
  });

  it('has only fields that Kubernetes and KEDA know', async () => {
    expect(await complaintsAbout(objects.map(withoutYoungFields))).toEqual([]);
  });

  it('has each object once, with the labels of the release', () => {
    const ids = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { metadata } of objects) {
      expect(metadata['labels']).toMatchObject({ 'app.kubernetes.io/instance': 'pallet' });
    }
  });

  it('lets no container run as root, write to its root, gain rights or eat the node', () => {
    for (const { pod, containers } of workloads) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources.limits?.['memory']).toMatch(/^\d+[MG]i$/);
        expect(container.resources.requests?.['cpu']).toBeTruthy();
        expect(container.image).not.toMatch(/:latest$|^[^:@]*$/);
      }
    }
  });

  it('probes everything that stays, on ports that are there', () => {
    const lasting = workloads.filter(({ object }) => object.kind === 'Deployment');
    for (const { pod } of lasting) {
      for (const { ports, startupProbe, livenessProbe, readinessProbe } of pod.containers) {
        expect(startupProbe).toBeDefined();
        const known = ports!.map(({ name }) => name);
        expect(known).toContain(livenessProbe!.httpGet.port);
        expect(known).toContain(readinessProbe!.httpGet.port);
      }
    }
  });

  it('gives every process an environment that it accepts', () => {
    for (const { pod } of workloads) {
      for (const container of pod.containers) {
        const load = { dispatcher: loadDispatcherConfig, worker: loadWorkerConfig }[container.name];
        const config = (load ?? loadApiConfig)(environmentOf(container));
        expect(config.health).toEqual({ host: '0.0.0.0', port: 8701 });
      }
    }
  });

  it('waits longer for a pod to end than its drain takes', () => {
    for (const { pod, object } of workloads) {
      if (object.kind !== 'Deployment') continue;
      const drainMs = Number(environmentOf(pod.containers[0]!)['DRAIN_TIMEOUT_MS'] ?? 5_000);
      expect(pod.terminationGracePeriodSeconds!).toBeGreaterThanOrEqual(drainMs / 1000 + 10);
    }
  });

  it('names only service accounts, volumes and claims that are there', () => {
    for (const { pod, containers } of workloads) {
      expect(names('ServiceAccount')).toContain(pod.serviceAccountName);
      const volumes = (pod.volumes ?? []).map(({ name }) => name);
      for (const { volumeMounts = [] } of containers) {
        for (const { name } of volumeMounts) expect(volumes).toContain(name);
      }
      for (const { persistentVolumeClaim: claim } of pod.volumes ?? []) {
        if (claim === undefined || claim.claimName === 'detector-models') continue;
        expect(names('PersistentVolumeClaim')).toContain(claim.claimName);
      }
    }
  });

  it('keeps secrets out of itself', () => {
    expect(named('Secret')).toEqual([]);
    for (const { containers } of workloads) {
      const env = containers.flatMap((container) => container.env ?? []);
      for (const { name, value } of env) {
        if (/URL$|TOKEN|KEY/.test(name)) expect(value).toBeUndefined();
      }
    }
  });

  it('has a disruption budget and a network policy for what runs, and none for what does not', () => {
    type Selecting = { podSelector?: unknown; selector?: unknown };
    const selectorOf = (object: KubernetesObject): Record<string, string> => {
      const { podSelector, selector } = specOf<Selecting>(object);
      return ((podSelector ?? selector) as { matchLabels: Record<string, string> }).matchLabels;
    };
    const policies = named('NetworkPolicy').map(selectorOf);
    const budgets = named('PodDisruptionBudget').map(selectorOf);
    const count = (selectors: Record<string, string>[], labels: Record<string, string>) =>
      selectors.filter((selector) => matches(selector, labels)).length;
    for (const { labels, object } of workloads) {
      expect(count(policies, labels)).toBe(1);
      expect(count(budgets, labels)).toBe(object.kind === 'Deployment' ? 1 : 0);
    }
    for (const selector of [...policies, ...budgets]) {
      expect(workloads.some(({ labels }) => matches(selector, labels))).toBe(true);
    }
  });

  it('lets nobody out to private addresses by way of the internet', () => {
    const rules = named('NetworkPolicy').flatMap(
      (policy) =>
        specOf<{ egress: { to: { ipBlock?: { cidr: string; except?: string[] } }[] }[] }>(policy)
          .egress,
    );
    const open = rules
      .flatMap(({ to }) => to)
      .filter(({ ipBlock }) => ipBlock?.cidr === '0.0.0.0/0');
    expect(open.length).toBeGreaterThan(0);
    for (const { ipBlock } of open) {
      expect(ipBlock!.except).toEqual(expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16']));
    }
  });

  it('routes and scales what is there, and shows nobody outside what is internal', () => {
    const deployments = names('Deployment');
    for (const kind of ['ScaledObject', 'HorizontalPodAutoscaler']) {
      for (const object of named(kind)) {
        const { scaleTargetRef } = specOf<{ scaleTargetRef: { name: string } }>(object);
        expect(deployments).toContain(scaleTargetRef.name);
        const target = named('Deployment').find((d) => d.metadata.name === scaleTargetRef.name)!;
        expect(specOf<object>(target)).not.toHaveProperty('replicas');
      }
    }
    for (const ingress of named('Ingress')) {
      const text = JSON.stringify(ingress);
      expect(text).not.toMatch(/"path":"\/","pathType":"Prefix"|internal|metrics/);
      expect(names('Service')).toContain('pallet-api');
      expect(text).toContain('"pallet-api"');
    }
    const [service] = named('Service');
    const { selector } = specOf<{ selector: Record<string, string> }>(service!);
    const [api] = workloads.filter(({ labels }) => matches(selector, labels));
    expect(api!.pod.containers[0]!.ports!.map(({ name }) => name)).toContain('http');
  });
});

describe('who may tell Kubernetes what', () => {
  const rights = (objects: readonly KubernetesObject[]) =>
    objects.filter(({ kind }) => /Role/.test(kind));
  const withToken = (objects: readonly KubernetesObject[]) =>
    workloadsOf(objects)
      .filter(({ pod }) => JSON.stringify(pod).includes('serviceAccountToken'))
      .map(({ pod }) => pod.serviceAccountName);

  it('is the dispatcher, what a pod costs, in this namespace, and nothing else', async () => {
    const objects = await render([]);
    expect(rights(objects).map(({ kind }) => kind)).toEqual(['Role', 'RoleBinding']);
    const [role, binding] = rights(objects);
    expect(role!['rules']).toEqual([
      { apiGroups: [''], resources: ['pods/status'], verbs: ['patch'] },
    ]);
    expect(binding).toMatchObject({
      roleRef: { kind: 'Role', name: role!.metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: 'pallet-dispatcher', namespace: 'images' }],
    });
    expect(withToken(objects)).toEqual(['pallet-dispatcher']);
    const dispatcher = workloadsOf(objects).find(
      ({ pod }) => withToken(objects)[0] === pod.serviceAccountName,
    )!;
    const { kubernetes } = loadDispatcherConfig(environmentOf(dispatcher.pod.containers[0]!));
    const [mount] = dispatcher.pod.containers[0]!.volumeMounts!.filter(
      ({ name }) => name === 'account',
    );
    expect(mount).toMatchObject({ mountPath: kubernetes!.accountFolder, readOnly: true });
    const policy = objects.find(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'pallet-dispatcher',
    );
    expect(JSON.stringify(policy)).toContain('{"port":443},{"port":6443}');
  });

  it('is nobody where it is switched off', async () => {
    const objects = await render(['--set', 'podDeletionCost.enabled=false']);
    expect([rights(objects), withToken(objects)]).toEqual([[], []]);
    expect(JSON.stringify(objects)).not.toMatch(/POD_DELETION_COST|6443/);
  });
});

describe('the scaling of a pool', () => {
  it('is by default what the simulation tries', async () => {
    const objects = await render([]);
    const { spec } = objects.find(({ kind }) => kind === 'ScaledObject') as unknown as {
      spec: Record<string, unknown> & {
        triggers: { metadata: Record<string, string> }[];
        advanced: { horizontalPodAutoscalerConfig: { behavior: unknown } };
      };
    };
    const { fallback } = DEFAULT_POOL;
    expect(spec).toMatchObject({
      minReplicaCount: DEFAULT_POOL.minReplicas,
      maxReplicaCount: DEFAULT_POOL.maxReplicas,
      pollingInterval: DEFAULT_POOL.pollingSeconds,
      cooldownPeriod: DEFAULT_POOL.cooldownSeconds,
      fallback: { ...fallback, behavior: 'currentReplicasIfHigher' },
    });
    expect(spec.advanced.horizontalPodAutoscalerConfig.behavior).toEqual(DEFAULT_POOL.behavior);
    expect(spec.triggers[0]!.metadata).toMatchObject({
      valueLocation: 'value',
      targetValue: String(DEFAULT_POOL.targetSeconds),
      authMode: 'bearer',
    });
    const url = new URL(spec.triggers[0]!.metadata['url']!);
    expect(`${url.host}${url.pathname}`).toBe(
      'pallet-api.images.svc/internal/autoscaling/paligemma2-3b-mix-224',
    );
  });
});

describe('traces', () => {
  type Egress = {
    to: { namespaceSelector?: { matchLabels: object } }[];
    ports: { port: number }[];
  };
  const isOut = ({ to, ports }: Egress): boolean =>
    JSON.stringify(to).includes('"kubernetes.io/metadata.name":"tracing"') &&
    ports.length === 1 &&
    ports[0]!.port === 4318;

  it('go from every process that stays to the collector, which its policy lets it reach', async () => {
    const objects = await render(CASES['gpu-cluster']!);
    const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
    const workloads = workloadsOf(objects);
    expect(workloads.map(({ object }) => object.kind).toSorted()).toEqual([
      ...Array.from({ length: 4 }, () => 'Deployment'),
      'Job',
    ]);
    for (const { object, labels, pod } of workloads) {
      const env = environmentOf(pod.containers[0]!);
      const lasts = object.kind === 'Deployment';
      const { tracing } = loadWorkerConfig({ MODEL_DIRECTORY: '/m', MODEL_NAME: 'm', ...env });
      expect(tracing?.url).toBe(lasts ? 'http://collector.tracing:4318/v1/traces' : undefined);
      if (lasts)
        expect(tracing!.sampler).toEqual({ name: 'parentbased_traceidratio', ratio: 0.01 });
      const policy = policies
        .map(
          ({ spec }) =>
            spec as { podSelector: { matchLabels: Record<string, string> }; egress: Egress[] },
        )
        .find(({ podSelector }) => matches(podSelector.matchLabels, labels))!;
      expect(policy.egress.some(isOut)).toBe(lasts);
    }
  });

  it('go nowhere by default', async () => {
    const objects = await render([]);
    expect(JSON.stringify(objects)).not.toMatch(/OTEL|4318/);
  });
});

describe('what the checks refuse', () => {
  it.each([
    ['a value that is none', 'api.replica=3', /'replica' not allowed/],
    ['a number out of bounds', 'pools[0].scaling.shrinkPercent=500', /shrinkPercent/],
    ['a claim without a name', 'pools[0].volume.kind=claim', /claimName/],
    ['more than all traces', 'tracing.ratio=2', /ratio/],
    ['a collector that is no URL', 'tracing.endpoint=collector:4317', /endpoint/],
  ])('%s', async (_, setting, complaint) => {
    await expect(render(LAPTOP)).resolves.not.toHaveLength(0);
    await expect(render([...LAPTOP, '--set', setting])).rejects.toThrow(complaint);
  });

  it('fields that do not exist, and values of another type', async () => {
    const objects = await render([]);
    const deployment = structuredClone(
      objects.find(({ kind }) => kind === 'Deployment')!,
    ) as KubernetesObject & {
      spec: { template: { spec: { containers: Record<string, unknown>[] } } };
    };
    const [container] = deployment.spec.template.spec.containers;
    container!['imagePullPolice'] = 'Always';
    expect(await complaintsAbout([deployment])).toEqual([
      expect.stringContaining('imagePullPolice'),
    ]);
    delete container!['imagePullPolice'];
    container!['tty'] = 'yes';
    expect((await complaintsAbout([deployment])).length).toBeGreaterThan(0);
  });
});
