/**
 * Serves the desk: on loopback, under a token that is in the address alone. The port and the token are kept with the run (for its
 * user alone), so that a page which is still open finds a server that was started again, with what it could not send.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { isIP, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { z } from 'zod';
import { ConfigError, messageOf, RunError } from '../errors.js';
import { readOrNull, runFiles, writeJson } from '../loop/folder/run-folder.js';
import { reviewApp } from './review-app.js';
import type { ReviewDesk } from './review-desk.js';

/** Where the page is served, and to whom. */
export interface ServeOptions {
  /** Folder of the built page. */
  pageDir: string;
  /** The one of the last time, or any free one, when left out. */
  port?: number | undefined;
  /** Address to listen on; loopback when left out. Any other needs a certificate. */
  listen?: string | undefined;
  /** Files of a certificate and its key, PEM. */
  tls?: { cert: string; key: string } | undefined;
}

/** A desk that is being served. */
export interface ReviewServer {
  /** What a reader opens; who has it can judge. */
  url: string;
  /** TCP port that it listens on. */
  port: number;
  close(): Promise<void>;
}

const loopback = '127.0.0.1';
const addressSchema = z.strictObject({ port: z.int().min(1).max(65535), token: z.string().min(43) });

/** @throws ConfigError `listen-without-tls`, `listen-failed`, `certificate-unreadable`; RunError `port-taken`. */
export async function serveReview(desk: ReviewDesk, options: ServeOptions): Promise<ReviewServer> {
  const { pageDir, listen = loopback, tls } = options;
  if (!isOwn(listen) && tls === undefined) throw withoutTls(listen);
  const certificate = tls === undefined ? null : readCertificate(tls);
  const scheme = certificate === null ? 'http' : 'https';
  const file = join(desk.runDir, runFiles.reviewQueues, 'address.json');
  const last = readOrNull(file, addressSchema);
  const token = last?.token ?? randomBytes(32).toString('base64url');
  let port = 0;
  const names = (host: string): boolean =>
    [listen, loopback, 'localhost', '[::1]'].includes(host) || certificate?.names(host) === true;
  const isOwnHost = (host: string): boolean => {
    const at = host.lastIndexOf(':');
    const [name, of] = /:\d+$/.test(host)
      ? [host.slice(0, at), host.slice(at + 1)]
      : [host, scheme === 'http' ? '80' : '443'];
    return Number(of) === port && names(name);
  };
  const app = reviewApp(desk, { token, pageDir, isOwnHost, scheme });
  const start = async (wanted: number): Promise<ServerType> => {
    const server = createAdaptorServer({
      fetch: app.fetch,
      ...(certificate === null ? {} : { createServer: createTlsServer, serverOptions: certificate.pair }),
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(wanted, listen, resolve);
    });
    return server;
  };
  const server = await firstFree(start, options.port, last?.port, listen);
  ({ port } = server.address() as AddressInfo);
  writeJson(file, { port, token });
  return {
    url: `${scheme}://${shownHost(listen, certificate)}:${port}/${token}/`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

const isOwn = (address: string): boolean => address === loopback || address === '::1' || address === 'localhost';

async function firstFree(
  start: (port: number) => Promise<ServerType>,
  wanted: number | undefined,
  last: number | undefined,
  listen: string,
): Promise<ServerType> {
  try {
    return await start(wanted ?? last ?? 0);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' && wanted === undefined && last !== undefined) return start(0);
    const where = `${listen}:${wanted ?? 0}`;
    if (code === 'EADDRINUSE' || code === 'EACCES')
      throw new RunError(
        'port-taken',
        `the port ${wanted} cannot be used: ${code === 'EACCES' ? 'it takes more rights' : 'another program listens there'}`,
        {
          cause: error,
          where,
          remedy: 'Give another with --port, or none for any that is free.',
        },
      );
    throw new ConfigError('listen-failed', `${where} cannot be listened on: ${messageOf(error)}`, {
      cause: error,
      where,
      remedy: 'Give an address of this machine with --listen.',
    });
  }
}

interface Certificate {
  pair: { cert: Buffer; key: Buffer };
  /** Whether it is of a host. */
  names(host: string): boolean;
  /** The first host that it is of; null where it names none. */
  host: string | null;
}

function readCertificate({ cert, key }: { cert: string; key: string }): Certificate {
  try {
    const pair = { cert: readFileSync(cert), key: readFileSync(key) };
    const parsed = new X509Certificate(pair.cert);
    const names = (host: string): boolean =>
      (isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host)) !== undefined;
    const host = /(?:DNS|IP Address):([^,\s*]+)/.exec(parsed.subjectAltName ?? '')?.[1] ?? null;
    return { pair, names, host };
  } catch (error) {
    throw new ConfigError(
      'certificate-unreadable',
      `${cert} and ${key} are no certificate with its key: ${messageOf(error)}`,
      {
        cause: error,
        where: cert,
        remedy: 'Give PEM files with --tls-cert and --tls-key.',
      },
    );
  }
}

const shownHost = (listen: string, certificate: Certificate | null): string => {
  const host = listen === '0.0.0.0' || listen === '::' ? (certificate?.host ?? listen) : listen;
  return isIP(host) === 6 ? `[${host}]` : host;
};

const withoutTls = (listen: string): ConfigError =>
  new ConfigError('listen-without-tls', `images would go over the network unencrypted from ${listen}`, {
    remedy:
      'Give --tls-cert and --tls-key. Or leave --listen out, and let readers come by ssh: ' +
      '`ssh -L 8700:127.0.0.1:8700 <this machine>`, with --port 8700 here.',
  });
