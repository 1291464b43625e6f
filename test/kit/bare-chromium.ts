import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { CHROMIUM, CHROMIUM_ARGS } from './browser.ts';

/** Answers and events of the DevTools protocol, as far as the tests look at them. */
type Answer = Readonly<Record<string, unknown>>;

/** Longest time that the browser may take for one answer, milliseconds. */
const ANSWER_LIMIT_MS = 15_000;

/**
 * Chromium driven by the DevTools protocol alone. Playwright keeps every tab visible and focused; here a tab behind another
 * one is hidden as it is for a person: no frames, slow timers.
 */
export class BareChromium {
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

  static async start(): Promise<BareChromium> {
    const folder = mkdtempSync(path.join(tmpdir(), 'imslab-chromium-'));
    const args = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${folder}`, ...CHROMIUM_ARGS];
    const child = spawn(CHROMIUM, [...args, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const url = await new Promise<string>((resolve, reject) => {
      let words = '';
      child.stderr?.on('data', (chunk) => {
        words += chunk;
        const found = /DevTools listening on (\S+)/.exec(words)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', () => reject(new Error(`chromium ended: ${words}`)));
    });
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new BareChromium(child, folder, socket);
  }

  /** Opens a tab before the ones that are there: they are hidden from now on. */
  async open(url: string): Promise<BareTab> {
    const { targetId } = await this.send('Target.createTarget', { url });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    return new BareTab(this, String(sessionId));
  }

  send(method: string, params: object, sessionId?: string): Promise<Answer> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`chromium does not answer ${method}`)), ANSWER_LIMIT_MS);
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
    this.#socket.close();
    this.#child.kill('SIGKILL');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #receive(message: { readonly id?: number; readonly result?: Answer; readonly error?: { readonly message: string } }) {
    const waiting = this.#waiting.get(message.id ?? 0);
    this.#waiting.delete(message.id ?? 0);
    if (message.error !== undefined) waiting?.reject(new Error(message.error.message));
    else waiting?.resolve(message.result ?? {});
  }
}

/** A tab of `BareChromium`. */
export class BareTab {
  readonly #browser: BareChromium;
  readonly #sessionId: string;

  constructor(browser: BareChromium, sessionId: string) {
    this.#browser = browser;
    this.#sessionId = sessionId;
  }

  /** The value of an expression in the page; a promise is waited for. */
  async value<T>(expression: string): Promise<T> {
    const answer = await this.#send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    const { result, exceptionDetails } = answer as { result: { value: T }; exceptionDetails?: { text: string } };
    if (exceptionDetails !== undefined) throw new Error(`${exceptionDetails.text}: ${expression}`);
    return result.value;
  }

  /**
   * Presses the button of this name: its label, or its words without those that are hidden from screen readers. False when
   * there is none. (The browser's own accessibility tree is not kept up while a tab is hidden.)
   */
  press(button: string): Promise<boolean> {
    return this.value<boolean>(`(() => {
      for (const button of document.querySelectorAll('button')) {
        const words = button.cloneNode(true);
        for (const hidden of words.querySelectorAll('[aria-hidden=true]')) hidden.remove();
        if ((button.ariaLabel ?? words.textContent.trim()) !== ${JSON.stringify(button)} || button.disabled) continue;
        button.click();
        return true;
      }
      return false;
    })()`);
  }

  #send(method: string, params: object): Promise<Answer> {
    return this.#browser.send(method, params, this.#sessionId);
  }
}
