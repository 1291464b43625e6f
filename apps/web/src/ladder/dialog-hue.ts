/** The dialog's hue, one of eight; the letter beside it says the same. */
export function dialogHue(letter: string): string | undefined {
  return letter === '' ? undefined : 'abcdefgh'[(letter.charCodeAt(0) - 65) % 8];
}
