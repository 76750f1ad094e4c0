import { appendFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { openReplyCache, type CachedReply } from '../../src/generation/replies/reply-cache.js';
import { identityOf, isAlive } from '../../src/locks/process-identity.js';
import { Folder } from './support.js';
import { errorOf } from '../helpers/error-of.js';

function reply(key: string, text = `réponse "${key}"\n`): CachedReply {
  const usage = { inputTokens: 3, outputTokens: 2 };
  return { key, text, finish: 'stop', usage, provider: 'p', model: 'm', imageHash: 'i', promptHash: 'q' };
}

describe('the reply cache', () => {
  it('gives back what was put, in this process and in the next', () => {
    using folder = new Folder();
    const path = folder.file('deep/replies.jsonl');
    {
      using cache = openReplyCache(path);
      for (let i = 0; i < 50; i++) cache.put(reply(`key-${i}`));
      expect(cache.get('key-7')).toEqual(reply('key-7'));
      expect(cache.get('other')).toBeUndefined();
    }
    using again = openReplyCache(path);
    expect(again.size).toBe(50);
    expect(again.get('key-49')).toEqual(reply('key-49'));
    again.put(reply('key-50'));
    expect(again.get('key-50')).toEqual(reply('key-50'));
  });

  it('has each reply in the file before put returns, and keeps the first of a key', () => {
    using folder = new Folder();
    const path = folder.file('replies.jsonl');
    using cache = openReplyCache(path);
    cache.put(reply('a', 'first'));
    expect(readFileSync(path, 'utf8')).toContain('first');
    cache.put(reply('a', 'second'));
    expect(cache.get('a')?.text).toBe('first');
    expect(readFileSync(path, 'utf8')).not.toContain('second');
  });

  it('drops a torn last line, wherever it was torn, and writes on', () => {
    using folder = new Folder();
    const path = folder.file('replies.jsonl');
    {
      using cache = openReplyCache(path);
      cache.put(reply('a'));
      cache.put(reply('b'));
    }
    const whole = readFileSync(path);
    const firstLine = whole.indexOf('\n') + 1;
    for (const size of [firstLine, firstLine + 1, firstLine + 40, whole.length - 2]) {
      writeFileSync(path, whole);
      truncateSync(path, size);
      using cache = openReplyCache(path);
      expect([cache.size, cache.damagedLines, statSync(path).size]).toEqual([1, 0, firstLine]);
      cache.put(reply('b'));
      expect(cache.get('b')).toEqual(reply('b'));
    }
    using last = openReplyCache(path);
    expect([last.size, last.damagedLines]).toEqual([2, 0]);
  });

  it('steps over damage in the middle and refuses a newer form', () => {
    using folder = new Folder();
    const path = folder.file('replies.jsonl');
    {
      using cache = openReplyCache(path);
      cache.put(reply('a'));
    }
    appendFileSync(path, `${'\0'.repeat(64)}\nnot json\n{"v":1,"key":"half"}\n`);
    {
      using cache = openReplyCache(path);
      expect([cache.size, cache.damagedLines]).toEqual([1, 3]);
      cache.put(reply('b'));
      expect(cache.get('b')).toEqual(reply('b'));
    }
    appendFileSync(path, '{"v":3,"key":"c"}\n');
    expect(errorOf(() => openReplyCache(path))).toMatchObject({ code: 'cache-version', where: path });
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('keeps a last line that lost nothing but its end', () => {
    using folder = new Folder();
    const path = folder.file('replies.jsonl');
    {
      using cache = openReplyCache(path);
      cache.put(reply('a'));
      cache.put(reply('b'));
    }
    truncateSync(path, statSync(path).size - 1);
    {
      using cache = openReplyCache(path);
      expect(cache.get('b')).toEqual(reply('b'));
      cache.put(reply('c'));
    }
    using again = openReplyCache(path);
    expect([again.size, again.damagedLines, again.get('c')?.text]).toEqual([3, 0, reply('c').text]);
  });

  it('tells a changed word from what was written, when it is opened and afterwards', () => {
    using folder = new Folder();
    const path = folder.file('replies.jsonl');
    {
      using cache = openReplyCache(path);
      cache.put(reply('a', 'a mass'));
      cache.put(reply('b', 'a mass'));
    }
    const whole = readFileSync(path, 'utf8');
    {
      using cache = openReplyCache(path);
      writeFileSync(path, whole.replace('a mass', 'a cyst'));
      expect([cache.get('a'), cache.get('b')?.text, cache.damagedLines]).toEqual([undefined, 'a mass', 1]);
    }
    using cache = openReplyCache(path);
    expect([cache.get('a'), cache.get('b')?.text, cache.damagedLines]).toEqual([undefined, 'a mass', 1]);
    cache.put(reply('a', 'asked again'));
    expect(cache.get('a')?.text).toBe('asked again');
  });

  it('reads the lines of versions without a checksum, and writes on', () => {
    using folder = new Folder();
    const path = folder.file('replies.jsonl');
    const old = (key: string): string => `${JSON.stringify({ v: 1, at: '2026-01-01T00:00:00Z', ...reply(key) })}\n`;
    writeFileSync(path, old('a') + old('b'));
    {
      using cache = openReplyCache(path);
      cache.put(reply('c'));
      expect([cache.size, cache.damagedLines, cache.get('b')]).toEqual([3, 0, reply('b')]);
    }
    using cache = openReplyCache(path);
    expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual(['a', 'b', 'c'].map((key) => reply(key)));
    expect(cache.totals.get('p/m')?.replies).toBe(3);
  });

  it('reads lines across the borders of its chunks', () => {
    using folder = new Folder();
    const path = folder.file('replies.jsonl');
    const text = 'é'.repeat(400_000);
    {
      using cache = openReplyCache(path);
      for (const key of ['a', 'b', 'c', 'd']) cache.put(reply(key, text + key));
    }
    using cache = openReplyCache(path);
    expect(cache.size).toBe(4);
    expect(cache.get('d')?.text).toBe(`${text}d`);
  });
});

describe('the lock', () => {
  it('keeps a second writer out while the first lives', () => {
    using folder = new Folder();
    const path = folder.file('replies.jsonl');
    const first = openReplyCache(path);
    expect(errorOf(() => openReplyCache(path))).toMatchObject({ code: 'file-locked' });
    first.close();
    first.close();
    openReplyCache(path).close();
    expect(errorOf(() => first.put(reply('a')))).toMatchObject({ code: 'cache-closed' });
  });

  it('is taken over from a dead process, also one whose id lives on in another', () => {
    using folder = new Folder();
    const path = folder.file('replies.jsonl');
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const dead = { pid: gone, host: hostname(), started: 'long ago', world: '' };
    const reused = { ...identityOf(process.pid), started: 'before the restart' };
    for (const holder of [dead, reused]) {
      writeFileSync(`${path}.lock`, JSON.stringify(holder));
      expect(isAlive(holder)).toBe(false);
      openReplyCache(path).close();
      expect(existsSync(`${path}.lock`)).toBe(false);
    }
  });

  it('respects a lock of another host while it is touched', () => {
    using folder = new Folder();
    const path = folder.file('replies.jsonl');
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: 1, host: 'elsewhere', started: '' }));
    expect(errorOf(() => openReplyCache(path))).toMatchObject({
      code: 'file-locked',
      message: expect.stringContaining('elsewhere') as string,
    });
  });
});
