/**
 * The plain way: a Fastify route that asks Postgres for one row by its key and answers with it. No key is looked up,
 * nothing is checked, counted or tagged.
 */
import Fastify from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.argv[2], max: 16 });
const app = Fastify();
app.get<{ Params: { id: string } }>('/jobs/:id', async (request) => {
  const { rows } = await pool.query('SELECT * FROM jobs WHERE id = $1', [request.params.id]);
  return rows[0] as object;
});

const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.send?.({ type: 'ready', url });
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
