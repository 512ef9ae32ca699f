/** Texts by number, each kept once and only while something refers to it: numbers of released texts are used again. */
export class TextPool {
  readonly #numbers = new Map<string, number>()
  readonly #texts: (string | undefined)[] = []
  readonly #uses: number[] = []
  readonly #free: number[] = []

  /** The number of a text; each call adds a reference to it. */
  take(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#free.pop() ?? this.#texts.length
      this.#numbers.set(text, number)
      this.#texts[number] = text
      this.#uses[number] = 0
    }
    this.#uses[number] = (this.#uses[number] ?? 0) + 1
    return number
  }

  /** The text behind a number; '' when nothing holds it. */
  text(number: number): string {
    return this.#texts[number] ?? ''
  }

  /** Gives a reference back; with the last one the text goes. */
  release(number: number): void {
    const uses = (this.#uses[number] ?? 0) - 1
    this.#uses[number] = uses
    if (uses > 0) return
    this.#numbers.delete(this.text(number))
    this.#texts[number] = undefined
    this.#free.push(number)
  }

  /** How many texts are held. */
  get size(): number {
    return this.#numbers.size
  }
}
