import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { waitUntil } from './wait-until.ts';

export const FIREFOX = process.env['IMSLAB_FIREFOX'] ?? 'firefox-esr';

/** Answers of WebDriver BiDi, as far as the tests look at them. */
type Answer = Readonly<Record<string, unknown>>;

/** Longest time that the browser may take to start or for one answer, milliseconds. */
const ANSWER_LIMIT_MS = 30_000;

/** No look-ups of its own on the network, a microphone that plays a tone, and sound without a click. */
const PREFERENCES: Readonly<Record<string, boolean | number>> = {
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.safebrowsing.update.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.loglevel': 0,
  'media.autoplay.default': 0,
  'media.navigator.permission.disabled': true,
  'media.navigator.streams.fake': true,
};

/** Firefox driven by WebDriver BiDi, as Debian ships it: Playwright needs a Firefox of its own. @see W3C WebDriver BiDi */
export class Firefox {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  #lastId = 0;

  private constructor(child: ChildProcess, folder: string, socket: WebSocket) {
    this.#child = child;
    this.#folder = folder;
    this.#socket = socket;
    socket.on('message', (data) => this.#receive(JSON.parse(String(data))));
  }

  static async start(preferences: Readonly<Record<string, boolean | number>> = {}): Promise<Firefox> {
    const folder = mkdtempSync(path.join(tmpdir(), 'imslab-firefox-'));
    const lines = Object.entries({ ...PREFERENCES, ...preferences }).map(
      ([name, value]) => `user_pref("${name}", ${value});\n`,
    );
    writeFileSync(path.join(folder, 'user.js'), lines.join(''));
    const args = ['--headless', '--no-remote', '--remote-debugging-port', '0', '--profile', folder];
    const env = { ...process.env, HOME: folder };
    const child = spawn(FIREFOX, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
    const url = await new Promise<string>((resolve, reject) => {
      let words = '';
      child.stderr?.on('data', (chunk) => {
        words += chunk;
        const found = /WebDriver BiDi listening on (\S+)/.exec(words)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', () => reject(new Error(`firefox ended: ${words}`)));
    });
    const socket = new WebSocket(`${url}/session`);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const firefox = new Firefox(child, folder, socket);
    await firefox.send('session.new', { capabilities: {} });
    return firefox;
  }

  /** Opens a page in a window of its own, so that none is hidden. */
  async open(url: string): Promise<FirefoxTab> {
    const { context } = await this.send('browsingContext.create', { type: 'window' });
    await this.send('browsingContext.navigate', { context, url, wait: 'complete' });
    return new FirefoxTab(this, String(context));
  }

  send(method: string, params: object): Promise<Answer> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`firefox does not answer ${method}`)), ANSWER_LIMIT_MS);
      this.#waiting.set(id, {
        resolve(answer) {
          clearTimeout(late);
          resolve(answer);
        },
        reject(error) {
          clearTimeout(late);
          reject(error);
        },
      });
    });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    await this.send('browser.close', {});
    await ended;
    this.#socket.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  #receive(message: {
    readonly id?: number;
    readonly type: string;
    readonly result?: Answer;
    readonly message?: string;
  }) {
    const waiting = this.#waiting.get(message.id ?? 0);
    this.#waiting.delete(message.id ?? 0);
    if (message.type === 'error') waiting?.reject(new Error(message.message));
    else waiting?.resolve(message.result ?? {});
  }
}

/** A window of `Firefox`, used as a person would, by its accessible names. */
export class FirefoxTab {
  readonly #browser: Firefox;
  readonly #context: string;

  constructor(browser: Firefox, context: string) {
    this.#browser = browser;
    this.#context = context;
  }

  /** The value of an expression in the page, as JSON carries it; a promise is waited for. */
  async value<T>(expression: string): Promise<T> {
    const answer = await this.#browser.send('script.evaluate', {
      expression: `(async () => JSON.stringify({ value: await (${expression}) }))()`,
      target: { context: this.#context },
      awaitPromise: true,
    });
    const { result, exceptionDetails } = answer as {
      result?: { value: string };
      exceptionDetails?: { text: string };
    };
    if (result === undefined) throw new Error(`${exceptionDetails?.text}: ${expression}`);
    return (JSON.parse(result.value) as { value: T }).value;
  }

  /** Clicks what has this role and name as soon as it is there. */
  async click(role: string, name: string): Promise<void> {
    let sharedId: string | undefined;
    await waitUntil(`there is a ${role} ${name}`, async () => {
      const answer = await this.#browser.send('browsingContext.locateNodes', {
        context: this.#context,
        locator: { type: 'accessibility', value: { role, name } },
        maxNodeCount: 1,
      });
      sharedId = (answer as { nodes: readonly { sharedId: string }[] }).nodes[0]?.sharedId;
      return sharedId !== undefined;
    });
    await this.#perform('pointer', [
      { type: 'pointerMove', x: 0, y: 0, origin: { type: 'element', element: { sharedId } } },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ]);
  }

  /** Types where the focus is, and ends with Enter. */
  async type(text: string): Promise<void> {
    const enter = '\uE007';
    await this.#perform(
      'key',
      [...text, enter].flatMap((value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ]),
    );
  }

  async waitForText(text: string): Promise<void> {
    await waitUntil(`the page says ${text}`, () => this.value<boolean>(`document.body.innerText.includes('${text}')`));
  }

  async waitForStatus(words: string): Promise<void> {
    const status = `document.querySelector('[role=status]')?.textContent === '${words}'`;
    await waitUntil(`the phone says ${words}`, () => this.value<boolean>(status));
  }

  async #perform(type: 'pointer' | 'key', actions: readonly object[]): Promise<void> {
    const context = this.#context;
    await this.#browser.send('input.performActions', { context, actions: [{ type, id: type, actions }] });
  }
}
