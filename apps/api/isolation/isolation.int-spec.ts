import { beforeAll, describe, expect, it } from 'vitest';
import { newSecretsKey } from '#secrets';
import { usePostgres } from '#testing';
import { routesOf, type Route } from '../route-table/route-table.js';
import { useApi, type ApiRig } from '../spec-rig.js';
import { makeOwned, type Owned } from './owned.js';
import { referencedIds, type ApiDocument } from './referenced-ids.js';
import {
  COLLECTIONS,
  FILTERS,
  fillingOf,
  fillPath,
  ID_OF_NOTHING,
  idKindsOf,
  isClosed,
  isEndless,
  isInternal,
  isOperating,
  nameOf,
  PUBLIC_ROUTES,
  referenceOf,
  type Filling,
} from './requests.js';

type Tenant = Awaited<ReturnType<ApiRig['createTenant']>>;
type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const MARK = 'owners-secret';
let owner: Tenant;
let stranger: Tenant;
let theirs: Owned;
let own: Owned;
let routes: readonly Route[];

const rig = useApi(usePostgres(), { SECRETS_KEY: newSecretsKey() });
beforeAll(async () => {
  await rig.serveModel('default');
  await rig.offerBase('base');
  [owner, stranger] = [await rig.createTenant(), await rig.createTenant()];
  [theirs, own] = [await makeOwned(rig, owner, MARK), await makeOwned(rig, stranger, 'mine')];
  routes = routesOf(rig.app.getHttpAdapter().getInstance().server);
});

async function call(tenant: Tenant | undefined, route: Route, url: string, filling: Filling) {
  const answer = await rig.app.inject({
    method: route.method as Method,
    url,
    query: filling.query,
    payload: filling.payload,
    headers: { ...tenant?.headers, ...filling.headers },
    payloadAsStream: isEndless(route),
  });
  const { statusCode, headers } = answer;
  const body = isEndless(route) ? await beginningOf(answer.stream()) : answer.body;
  return { statusCode, headers, body };
}

/** All that comes at once, of a stream that may not end. */
async function beginningOf(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const chunk of stream) return String(chunk);
  return '';
}

type Answer = Awaited<ReturnType<typeof call>>;

const withIds = () => routes.filter((route) => route.path.includes(':') && !isClosed(route));

/** Everything but what differs by nature: the ids that were asked for, the time, the id of the request, how many are left. */
function traits({ statusCode, body, headers }: Answer, ids: Readonly<Record<string, string>>) {
  const { date: _, 'x-request-id': request, ...rest } = headers;
  const hide = (text: string) =>
    Object.entries(ids)
      .reduce((left, [kind, id]) => left.replaceAll(id, `(${kind})`), text)
      .replaceAll(String(request), '(request)');
  delete rest['content-length'];
  delete rest['ratelimit'];
  return { statusCode, body: hide(body), headers: hide(JSON.stringify(rest)) };
}

function expectNothingOfOwner({ body, headers }: Answer, sent: string): void {
  const text = body + JSON.stringify(headers);
  expect(text).not.toContain(MARK);
  for (const id of Object.values(theirs)) if (!sent.includes(id)) expect(text).not.toContain(id);
}

describe('the table of routes', () => {
  it('holds no route that this test does not know how to ask', () => {
    expect(routes.length).toBeGreaterThan(40);
    for (const route of routes.filter((entry) => !isClosed(entry))) {
      if (route.path.includes(':')) expect(idKindsOf(route.path)).not.toEqual([]);
      else expect([...PUBLIC_ROUTES, ...COLLECTIONS]).toContain(route.path);
    }
  });

  it('holds every operation of the description', async () => {
    const document = (await rig.app.inject({ url: '/openapi.json' })).json<ApiDocument>();
    const described = Object.entries(document.paths).flatMap(([path, verbs]) =>
      Object.keys(verbs).map(
        (verb) => `${verb.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      ),
    );
    expect(routes.map(nameOf)).toEqual(expect.arrayContaining(described));
  });

  it('has no route that answers without a key, but those that are meant to', async () => {
    for (const route of routes.filter(({ path }) => !PUBLIC_ROUTES.includes(path))) {
      const url = isClosed(route) ? route.path : fillPath(route.path, theirs);
      const answer = await call(undefined, route, url, fillingOf(route));
      const expected = isInternal(route) ? expect.toBeOneOf([401, 404]) : 401;
      expect([nameOf(route), answer.statusCode]).toEqual([nameOf(route), expected]);
      expectNothingOfOwner(answer, url);
    }
  });
});

describe('another tenant', () => {
  it('finds nothing under any id, as if it had never been, and changes nothing', async () => {
    const before = await ownersView();
    for (const route of withIds()) {
      const filling = fillingOf(route);
      const url = fillPath(route.path, theirs);
      const stolen = await call(stranger, route, url, filling);
      expect([nameOf(route), stolen.statusCode]).toEqual([nameOf(route), 404]);
      expectNothingOfOwner(stolen, url);
      const nothing = await call(stranger, route, fillPath(route.path, ID_OF_NOTHING), filling);
      expect(traits(stolen, theirs)).toEqual(traits(nothing, ID_OF_NOTHING));
    }
    expect(await ownersView()).toEqual(before);
  });

  it('finds nothing under an id below one of its own', async () => {
    const nested = withIds().filter(({ path }) => idKindsOf(path).length > 1);
    expect(nested.length).toBeGreaterThan(0);
    for (const route of nested) {
      const last = idKindsOf(route.path).at(-1)!;
      const url = fillPath(route.path, { ...own, [last]: theirs[last] });
      const answer = await call(stranger, route, url, fillingOf(route));
      expect([nameOf(route), answer.statusCode]).toEqual([nameOf(route), 404]);
      expectNothingOfOwner(answer, url);
    }
  });

  it('can name nothing in a body or a query', async () => {
    const document = (await rig.app.inject({ url: '/openapi.json' })).json<ApiDocument>();
    const names = referencedIds(document);
    expect(names).toEqual(
      expect.arrayContaining(['POST /v1/jobs image_set', 'GET /v1/webhooks job']),
    );
    const before = await ownersView();
    for (const name of names) {
      const [method = '', path = ''] = name.split(' ');
      const fill = referenceOf(name);
      const ask = (ids: Owned) =>
        call(stranger, { method, path }, fillPath(path, own), fill(ids, own));
      const stolen = await ask(theirs);
      const expected = FILTERS.includes(name) ? expect.toBeOneOf([200, 202]) : 404;
      expect([name, stolen.statusCode]).toEqual([name, expected]);
      expectNothingOfOwner(stolen, JSON.stringify(fill(theirs, own)));
      const nothing = { ...ID_OF_NOTHING, model: 'nobodys' };
      expect(traits(stolen, theirs)).toEqual(traits(await ask(nothing), nothing));
      // Its own get through, so the 404 is about whose it is.
      expect([name, (await ask(own)).statusCode]).toEqual([
        name,
        expect.toBeOneOf([200, 201, 202]),
      ]);
    }
    expect(await ownersView()).toEqual(before);
  });

  it('sees nothing in lists', async () => {
    const lists = routes.filter(({ method, path }) => method === 'GET' && !path.includes(':'));
    for (const route of lists.filter((entry) => !isClosed(entry))) {
      const answer = await call(stranger, route, route.path, {});
      expect([route.path, answer.statusCode]).toEqual([route.path, 200]);
      expectNothingOfOwner(answer, '');
    }
  });

  it('cannot use a model that the owner has trained, nor is told that it is there', async () => {
    const order = (model: string) => ({ image_set: own.set, tasks: [{ type: 'ocr' }], model });
    const ask = (model: string) =>
      call(stranger, { method: 'POST', path: '' }, '/v1/jobs', { payload: order(model) });
    const answer = await ask(theirs.model);
    expect([answer.statusCode, JSON.parse(answer.body).code]).toEqual([422, 'model.unknown']);
    expect(JSON.parse(answer.body).detail.replace(theirs.model, '')).not.toContain(MARK);
    expect((await ask(own.model)).statusCode).toBe(202);
  });

  it('has no key that opens an internal route', async () => {
    for (const route of routes.filter(isInternal)) {
      const answer = await call(stranger, route, route.path, {});
      expect([nameOf(route), answer.statusCode]).toEqual([
        nameOf(route),
        expect.toBeOneOf([401, 403, 404]),
      ]);
    }
  });
});

describe('routes for operators', () => {
  it('open to no key of a tenant, whatever it may read and write, and tell it nothing', async () => {
    const closed = routes.filter(isOperating);
    expect(closed.length).toBeGreaterThan(0);
    for (const route of closed) {
      const answer = await call(stranger, route, route.path, {});
      expect([nameOf(route), answer.statusCode]).toEqual([nameOf(route), 403]);
      if (route.method !== 'HEAD') expect(JSON.parse(answer.body).code).toBe('auth.scope');
    }
    const reader = await rig.createTenant(['read', 'operate']);
    for (const route of closed.filter(({ method }) => method !== 'GET' && method !== 'HEAD')) {
      expect((await call(reader, route, route.path, {})).statusCode).toBe(403);
    }
    for (const route of closed.filter(({ method }) => method === 'GET')) {
      const answer = await call(reader, route, route.path, {});
      expect([nameOf(route), answer.statusCode]).toEqual([nameOf(route), 200]);
    }
  });

  it('open to no key that a tenant has made for itself', async () => {
    const order = { payload: { name: 'more', scopes: ['read', 'operate'] } };
    const post: Route = { method: 'POST', path: '/v1/api-keys' };
    const refused = await call(stranger, post, post.path, order);
    expect([refused.statusCode, JSON.parse(refused.body).code]).toEqual([403, 'auth.scope']);
    const operator = await rig.createTenant(['read', 'write', 'operate']);
    expect((await call(operator, post, post.path, order)).statusCode).toBe(201);
  });
});

describe('the owner', () => {
  it('gets through on every one of these routes', async () => {
    // What is removed, its owner does not find either; what is below goes first.
    const rank = ({ method, path }: Route) => (method === 'DELETE' ? 1000 - path.length : 0);
    for (const route of withIds().toSorted((a, b) => rank(a) - rank(b))) {
      const answer = await call(owner, route, fillPath(route.path, theirs), fillingOf(route));
      const { statusCode } = answer;
      const isThrough = statusCode < 300 || statusCode === 409;
      // A 400 here means that the request wants more than its path: add that to FILLINGS.
      expect([nameOf(route), isThrough ? 'through' : answer.body]).toEqual([
        nameOf(route),
        'through',
      ]);
    }
  });
});

/** What the owner reads on every route. */
async function ownersView(): Promise<string[]> {
  const answers: string[] = [];
  for (const route of routes) {
    if (route.method !== 'GET' || isClosed(route) || isEndless(route)) continue;
    if (PUBLIC_ROUTES.includes(route.path)) continue;
    const answer = await call(owner, route, fillPath(route.path, theirs), fillingOf(route));
    answers.push(`${nameOf(route)} ${answer.body.replaceAll(/"request_id":"\w+"/g, '')}`);
  }
  return answers;
}
