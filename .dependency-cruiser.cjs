// Who may import whom. ARCHITECTURE.md says why; `npm run check` runs this.
const ADAPTERS = 'database|queue|storage|embedded';

/** `lib` may import, of ours, only itself and `allowed`. */
const only = (lib, ...allowed) => ({
  name: `${lib}-imports-only-${allowed.join('-') || 'itself'}`,
  severity: 'error',
  from: { path: `^libs/${lib}/`, pathNot: 'spec\\.ts$' },
  to: { path: `^(apps/|libs/(?!(${[lib, ...allowed].join('|')})/))` },
});

/** Each vendor package has one home. */
const home = (pkg, places) => ({
  name: `${pkg.replace('/', '-')}-has-one-home`,
  severity: 'error',
  from: { path: '^(apps|libs)/', pathNot: `^(${places})|(spec|-fixture)\\.ts$` },
  to: { path: `node_modules/${pkg}/` },
});

module.exports = {
  forbidden: [
    only('contracts'),
    only('client'),
    only('pipeline', 'contracts'),
    only('lease', 'contracts'),
    only('lifecycle'),
    only('secrets', 'contracts'),
    only('scaling', 'pipeline', 'contracts'),
    only('openai', 'contracts'),
    only('outgoing', 'contracts'),
    only('webhooks', 'contracts'),
    only('intake', 'contracts', 'database', 'storage', 'outgoing'),
    home('yauzl', 'libs/intake/'),
    only('onnx'),
    only('paligemma', 'onnx', 'contracts'),
    only('exports', 'paligemma', 'contracts'),
    {
      name: 'exports-never-load-the-engine',
      comment:
        'The api writes exports: of paligemma it takes pictures and masks, without ONNX Runtime.',
      severity: 'error',
      from: { path: '^libs/exports/' },
      to: { path: '^libs/paligemma/', pathNot: '^libs/paligemma/pictures\\.ts$' },
    },
    {
      name: 'pictures-never-load-the-engine',
      severity: 'error',
      from: { path: '^libs/paligemma/pictures\\.ts$' },
      to: { path: 'onnxruntime|^libs/onnx/', reachable: true },
    },
    only('results', 'contracts', 'database', 'pipeline', 'storage', 'exports'),
    only('models', 'paligemma', 'embedded', 'contracts'),
    only('config', 'contracts'),
    only('telemetry', 'contracts'),
    only('database', 'pipeline', 'contracts', 'config', 'telemetry'),
    only('queue', 'pipeline', 'contracts', 'config', 'telemetry'),
    only('storage', 'pipeline', 'contracts', 'config', 'telemetry'),
    only('embedded', 'contracts', 'config'),
    home('onnxruntime-node', 'libs/paligemma/'),
    home('sharp', 'libs/paligemma/|libs/testing/|libs/exports/'),
    home('@huggingface/hub', 'libs/models/'),
    home('hyparquet-writer', 'libs/exports/'),
    home('prom-client', 'libs/telemetry/'),
    home('@opentelemetry', 'libs/telemetry/'),
    home('bullmq', 'libs/queue/'),
    home('ioredis', 'libs/queue/'),
    home('@aws-sdk', 'libs/storage/'),
    // BullMQ's Postgres backend takes a pg pool of its own, so queue is the second home.
    home('pg', 'libs/database/|libs/queue/'),
    {
      name: 'adapters-never-meet',
      severity: 'error',
      from: { path: `^libs/(${ADAPTERS})/`, pathNot: 'spec\\.ts$' },
      to: { path: `^libs/(${ADAPTERS})/`, pathNot: '^libs/$1/' },
    },
    {
      name: 'libs-are-entered-by-their-index',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: {
        path: '^libs/([^/]+)/',
        pathNot: [
          '^libs/[^/]+/index\\.ts$',
          '^libs/paligemma/pictures\\.ts$',
          '-fixture\\.ts$',
          '^$1/$2/',
        ],
      },
    },
    {
      name: 'apps-never-meet',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'cli-is-a-client',
      comment:
        'The CLI speaks HTTP; `pallet up` starts the others, as processes; models are files of this machine; `webhooks listen` verifies signatures; `simulate-scaling` computes.',
      severity: 'error',
      from: { path: '^apps/cli/', pathNot: 'spec\\.ts$' },
      to: { path: '^libs/(?!(contracts|embedded|models|scaling|webhooks)/)' },
    },
    {
      name: 'dashboard-sees-contracts',
      comment: 'It runs in browsers: of ours it takes the types of the contracts, and no code.',
      severity: 'error',
      from: { path: '^apps/dashboard/', pathNot: 'spec\\.ts$' },
      to: { path: '^libs/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'testing-stays-in-tests',
      severity: 'error',
      from: { pathNot: '^test/|^libs/testing/|spec\\.ts$' },
      to: { path: '^libs/testing/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
