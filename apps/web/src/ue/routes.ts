/**
 * Route header lines of an initial request that is not REGISTER: the P-CSCF over this WebSocket, then the Service-Route of the registration.
 * @see TS 24.229 5.1.2A.1.1, RFC 3608 §5
 */
export function routeHeaders(pcscf: string, serviceRoutes: readonly string[]): string[] {
  return [`Route: <${overWebSocket(pcscf)}>`, ...serviceRoutes.map((route) => `Route: ${route}`)];
}

function overWebSocket(uri: string): string {
  if (/;transport=/i.test(uri)) return uri;
  const [address = uri, ...params] = uri.split(';');
  return [address, 'transport=ws', ...params].join(';');
}
