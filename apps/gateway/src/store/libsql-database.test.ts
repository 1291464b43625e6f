import { describe, expect, it } from 'vitest';
import { openLibsql } from './libsql-database.ts';

function table() {
  const database = openLibsql(':memory:');
  database.prepare('create table t (a)').run([]);
  const insert = database.prepare('insert into t values (?)');
  const select = database.prepare('select a, typeof(a) as type from t order by rowid desc limit 1');
  return {
    /** What comes back for a value, and the type under which SQLite keeps it. */
    store(value: unknown) {
      insert.run([value]);
      return select.all([])[0];
    },
    count: () => database.prepare('select count(*) as n from t').all([]),
  };
}

describe('a value that is bound', () => {
  const octets = new Uint8Array([9, 1, 0, 2, 9]);

  it.each([
    ['true', true, 1, 'integer'],
    ['false', false, 0, 'integer'],
    ['an integer', 5, 5, 'integer'],
    ['a negative integer', -5, -5, 'integer'],
    ['minus zero', -0, 0, 'integer'],
    ['the largest SQN', 2 ** 48 - 1, 2 ** 48 - 1, 'integer'],
    ['the largest safe integer', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 'integer'],
    ['a fraction', 1.5, 1.5, 'real'],
    ['a bigint', 5n, 5, 'integer'],
    ['a text', 'Zoë 😀', 'Zoë 😀', 'text'],
    ['an empty text', '', '', 'text'],
    ['null', null, null, 'null'],
    ['octets with 00', new Uint8Array([0, 1, 0]), new Uint8Array([0, 1, 0]), 'blob'],
    ['a part of other octets', octets.subarray(1, 4), new Uint8Array([1, 0, 2]), 'blob'],
    ['a Buffer', Buffer.from([1, 0]), new Uint8Array([1, 0]), 'blob'],
    ['an ArrayBuffer', new Uint8Array([7, 0]).buffer, new Uint8Array([7, 0]), 'blob'],
    ['no octets', new Uint8Array(), new Uint8Array(), 'blob'],
  ])('as %s comes back as it is', (_what, value, expected, type) => {
    const row = table().store(value);
    expect(row).toMatchObject({ a: expected, type });
    if (expected instanceof Uint8Array) expect(Reflect.get(row ?? {}, 'a')?.constructor).toBe(Uint8Array);
  });

  it.each([
    ['undefined', undefined],
    ['an integer over 53 bits', 2 ** 53],
    ['a bigint over 53 bits', 2n ** 53n],
    ['a bigint over 64 bits', 2n ** 70n],
    ['NaN', Number.NaN],
    ['an infinite number', Number.POSITIVE_INFINITY],
    ['a text with U+0000', 'a\u0000b'],
    ['a text with a lone surrogate', 'a\ud800b'],
    ['an object', {}],
    ['an object without prototype', Object.create(null)],
    ['an array', [1]],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['octets in words of 16 bits', new Uint16Array(2)],
    ['a symbol', Symbol('s')],
    ['a function', () => 1],
  ])('as %s is refused and stores nothing', (_what, value) => {
    const { store, count } = table();
    expect(() => store(value)).toThrow(TypeError);
    expect(count()).toEqual([{ n: 0 }]);
  });

  it('is never shown in the error', () => {
    expect(() => table().store('secret\u0000')).toThrow(/^(?!.*secret)/);
  });
});

describe('a statement', () => {
  it('reports an error of SQL as an exception with its code', () => {
    expect(() => openLibsql(':memory:').prepare('bogus')).toThrow(expect.objectContaining({ code: 'SQLITE_ERROR' }));
  });

  it('is prepared once, and follows the tables as they change', () => {
    const database = openLibsql(':memory:');
    database.prepare('create table t (a)').run([]);
    const select = database.prepare('select * from t');
    expect(database.prepare('select * from t')).toBe(select);
    database.prepare('alter table t add column b default 2').run([]);
    database.prepare('insert into t (a) values (?)').run([1]);
    expect(select.all([])).toEqual([{ a: 1, b: 2 }]);
    expect(select.all([])).toEqual([{ a: 1, b: 2 }]);
  });

  it('can be read row by row', () => {
    const database = openLibsql(':memory:');
    expect([...database.prepare('select 1 as n union select 2').iterate([])]).toEqual([{ n: 1 }, { n: 2 }]);
  });
});
