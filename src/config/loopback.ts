/** Tells an address on this machine from any other; in doubt it is another. */
import { isIP } from 'node:net';

/** @param url Absolute URL. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 4) return host.startsWith('127.');
  if (isIP(host) === 6) return host === '::1';
  return host === 'localhost';
}
