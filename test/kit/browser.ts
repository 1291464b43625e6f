import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { waitUntil } from './wait-until.ts';

export const CHROMIUM = process.env['IMSLAB_CHROMIUM'] ?? '/usr/bin/chromium';

/** No look-ups of its own on the network, and sound without a click. */
export const CHROMIUM_ARGS: readonly string[] = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--autoplay-policy=no-user-gesture-required',
];

/** A microphone that plays beeps and needs no permission. */
export const FAKE_MICROPHONE_ARGS: readonly string[] = [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
];

/** Chromium with a fake microphone, or without any; `args` are added. */
export function openChromium(
  options: { readonly microphone?: boolean; readonly args?: readonly string[] } = {},
): Promise<Browser> {
  const microphone = options.microphone === false ? [] : FAKE_MICROPHONE_ARGS;
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [...CHROMIUM_ARGS, ...microphone, ...(options.args ?? [])],
  });
}

/** A tab of the lab: a phone with its ladder, used as a person would, by its accessible names. */
export class Tab {
  readonly page: Page;
  readonly errors: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(String(error)));
  }

  static async open(context: BrowserContext, url: string): Promise<Tab> {
    return Tab.in(await context.newPage(), url);
  }

  /** Opens the lab in a page that was prepared. */
  static async in(page: Page, url: string): Promise<Tab> {
    const tab = new Tab(page);
    await page.goto(url);
    return tab;
  }

  async status(): Promise<string> {
    return (await this.page.getByRole('status').first().textContent()) ?? '';
  }

  async waitForStatus(words: string, limitMs = 15_000): Promise<void> {
    await waitUntil(`the phone says ${words}`, async () => (await this.status()).includes(words), limitMs);
  }

  click(button: string): Promise<void> {
    return this.page.getByRole('button', { name: button, exact: true }).click();
  }

  /**
   * Presses a button with the mouse alone. Playwright's own click looks, inside the click, whether it hits the button;
   * that makes the page lay itself out and would be measured too.
   */
  async press(button: string): Promise<void> {
    const box = await this.page.getByRole('button', { name: button, exact: true }).boundingBox();
    if (box === null) throw new Error(`there is no button ${button}`);
    await this.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  }

  async register(): Promise<void> {
    await this.click('Register');
    await this.waitForStatus('Registered');
  }

  async call(whom: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Call to' }).fill(whom);
    await this.click('Call');
  }

  /** Looks at a page of the phone. */
  showPage(name: 'Phone' | 'Chats' | 'Services'): Promise<void> {
    return this.page.getByRole('tab', { name: new RegExp(`^${name}`) }).click();
  }

  /** Writes to somebody, from the list of chats. */
  async write(whom: string, text: string): Promise<void> {
    await this.page.getByRole('combobox', { name: 'Message to' }).fill(whom);
    await this.page.keyboard.press('Enter');
    await this.page.getByRole('textbox', { name: /^Message to / }).fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Messages of the chat that is open. */
  bubbles(): Locator {
    return this.page.getByRole('log').getByRole('listitem');
  }

  /** Opens the subscriptions that the ladder folds beside their registrations. */
  async showWatches(): Promise<void> {
    const watches = this.page.getByRole('button', { name: /watch(es)? of this registration/ });
    for (const button of await watches.all()) {
      const isOpen = async () => (await button.getAttribute('aria-expanded')) === 'true';
      if (await isOpen()) continue;
      await button.click();
      await waitUntil('the watches are open', isOpen);
    }
  }

  /** Accessible names of the ladder's items, in order. */
  async ladder(): Promise<string[]> {
    const items = this.page.getByRole('list', { name: 'Ladder' }).getByRole('listitem');
    return items.evaluateAll((elements) => elements.map((element) => element.getAttribute('aria-label') ?? ''));
  }
}
