/**
 * Tells an element whether it is on the screen or near it, and how high it is, so that a long list draws what can be seen.
 *
 *     <div {@attach nearScreen((near, height) => …)}>
 */
type Tell = (near: boolean, height: number) => void;

const MARGIN = '900px 0px';

const told = new WeakMap<Element, Tell>();
let observer: IntersectionObserver | undefined;

export function nearScreen(tell: Tell): (element: Element) => () => void {
  return (element) => {
    observer ??= new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting, boundingClientRect } of entries)
          told.get(target)?.(isIntersecting, boundingClientRect.height);
      },
      { rootMargin: MARGIN },
    );
    told.set(element, tell);
    observer.observe(element);
    return () => observer?.unobserve(element);
  };
}
