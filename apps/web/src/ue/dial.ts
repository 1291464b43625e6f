export type DialResult =
  | {
      readonly ok: true /** Request-URI of the INVITE. */;
      readonly uri: string /** As people read it. */;
      readonly label: string;
    }
  | { readonly ok: false; readonly text: string };

/** MCC and MNC of the lab's home network: an IMSI that begins with them is dialled as an identity, not as a number. */
const HOME_PLMN = '00101';
const IMSI_DIGITS = 15;
/** Country code of the lab's numbers. */
const HOME_COUNTRY_CODE = '1';
/** Digits of a number of the lab's country without the country code. */
const NATIONAL_DIGITS = 10;

/**
 * Makes a Request-URI of what a person typed into `Call to`: a SIP URI, a tel URI, an address with `@`, a number or a name.
 * Numbers: separators do not count; `+` begins an international number, and so does `00`; 10 digits are a number of the
 * lab's country (+1); 11 digits that begin with 1 only miss their `+`; an IMSI of the home network is called as an identity;
 * other digits are dialled as they are. A name becomes `sip:<name in lower case>@<domain>`.
 * @see TS 24.229 5.1.2A.1.3, RFC 3261 §19.1.6
 */
export function dial(text: string, domain: string): DialResult {
  const typed = text.trim();
  if (typed === '') return { ok: false, text: 'Say whom to call: a name, a number or a SIP address.' };

  const tel = /^tel:([^;]*)/i.exec(typed);
  if (tel) return dialNumber(tel[1] ?? '', domain) ?? { ok: false, text: `“${typed}” is not a telephone number.` };

  const address = typed.replace(/^sips?:/i, '');
  if (address.includes('@')) {
    const [, user, host] = /^([^@\s<>"]+)@([^@\s<>"]+)$/.exec(address) ?? [];
    if (user === undefined || host === undefined) return { ok: false, text: `“${typed}” is not a SIP address.` };
    return { ok: true, uri: `sip:${user}@${host}`, label: address };
  }

  const number = dialNumber(address, domain);
  if (number) return number;
  if (!/^[\p{L}\p{N}._~-]+$/u.test(address)) {
    return { ok: false, text: `“${typed}” is not a name, a number or a SIP address.` };
  }
  const name = address.toLowerCase();
  return { ok: true, uri: `sip:${encodeURIComponent(name)}@${domain}`, label: address };
}

function dialNumber(text: string, domain: string): DialResult | null {
  const digits = text.replace(/[\s().\-/]/g, '');
  if (!/^\+?\d{2,15}$/.test(digits)) return null;
  if (digits.length === IMSI_DIGITS && digits.startsWith(HOME_PLMN)) {
    return { ok: true, uri: `sip:${digits}@${domain}`, label: digits };
  }
  const number = international(digits);
  return { ok: true, uri: `sip:${number}@${domain};user=phone`, label: formatNumber(number) };
}

function international(digits: string): string {
  if (digits.startsWith('+')) return digits;
  if (digits.startsWith('00')) return `+${digits.slice(2)}`;
  if (digits.length === NATIONAL_DIGITS) return `+${HOME_COUNTRY_CODE}${digits}`;
  if (digits.length === NATIONAL_DIGITS + 1 && digits.startsWith(HOME_COUNTRY_CODE)) return `+${digits}`;
  return digits;
}

/** `+15550001002` as people read it: `+1 555 000 1002`. */
export function formatNumber(number: string): string {
  const [, area, exchange, line] = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number) ?? [];
  return area === undefined ? number : `+1 ${area} ${exchange} ${line}`;
}
