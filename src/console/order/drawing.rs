//! The timeline of an order as a drawing: a track for each part of the shop, from left to right. Long gaps are shortened:
//! the distance between two events grows with the logarithm of the time between them.

use maud::{Markup, html};

use super::event::{Track, name, tone};
use crate::domain::event::Event;
use crate::web::language::Words;
use crate::web::value::duration;

/// The left end of the tracks, and their length.
const LEFT: u32 = 110;
const WIDTH: u32 = 870;
/// Height of a track with the gap below it.
const STEP: u32 = 34;
/// Smallest distance of two labels of the axis.
const LABEL_MIN: u32 = 85;
/// Width of a label, about.
const LABEL_WIDTH: u32 = 60;
/// A label that begins further right ends at its mark, so that it is not cut off.
const LABEL_MAX: u32 = LEFT + WIDTH - LABEL_WIDTH;
/// Weight of a gap for each doubling of its time, next to 1 for every event.
const PER_DOUBLING: u32 = 2;

/// A mark of the drawing.
#[derive(Debug, PartialEq, Eq)]
struct Mark<'a> {
    x: u32,
    event: &'a Event,
}

/// The drawing of `events`, which are in the order of their times.
#[must_use]
pub fn drawing(words: &Words, events: &[Event]) -> Markup {
    let marks = marks(events);
    let tracks: Vec<Track> =
        Track::ALL.into_iter().filter(|track| events.iter().any(|event| Track::of(event.what) == *track)).collect();
    let rows = u32::try_from(tracks.len()).unwrap_or_default();
    let height = rows * STEP + 24;
    html! {
        div.scroll tabindex="0" {
            svg.drawing viewBox=(format!("0 0 {} {height}", LEFT + WIDTH + 20)) role="img" aria-label=(words.order.drawing) {
                @for (track, y) in tracks.iter().zip((0..).step_by(34)) {
                    text x="0" y=(y + 18) { (track.name(words)) }
                    rect.track x=(LEFT) y=(y) width=(WIDTH + 14) height="26" rx="5" {}
                    @for mark in marks.iter().filter(|mark| Track::of(mark.event.what) == *track) {
                        rect.(tone(mark.event.what).class()) x=(mark.x) y=(y + 5) width="10" height="16" rx="3" {
                            title { (name(&words.events, mark.event.what)) " " (mark.event.at) }
                        }
                    }
                }
                @for (x, label) in labels(&marks) {
                    text x=(x) y=(height - 6) text-anchor=[(x > LABEL_MAX).then_some("end")] { (label) }
                }
            }
        }
    }
}

/// The place of each event.
fn marks(events: &[Event]) -> Vec<Mark<'_>> {
    let gap = |pair: &[Event]| match pair {
        [before, after] => weight(after.at.0.saturating_sub(before.at.0)),
        _ => 0,
    };
    let weights = std::iter::once(0).chain(events.windows(2).map(gap));
    let sums: Vec<u32> = weights
        .scan(0_u32, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    let total = sums.last().copied().unwrap_or_default().max(1);
    let x = |sum: u32| LEFT + 4 + sum * (WIDTH - 4) / total;
    events.iter().zip(sums).map(|(event, sum)| Mark { x: x(sum), event }).collect()
}

/// The width of a gap: nothing for none, and more by the same amount each time it doubles.
const fn weight(ms: i64) -> u32 {
    if ms <= 0 { 0 } else { 1 + PER_DOUBLING * ms.ilog2() }
}

/// Labels of the axis: the time since the first event, where there is room.
fn labels(marks: &[Mark<'_>]) -> Vec<(u32, String)> {
    let mut labels: Vec<(u32, String)> = Vec::new();
    let Some(first) = marks.first() else { return labels };
    let begin = |x: u32| if x > LABEL_MAX { x - LABEL_WIDTH } else { x };
    for mark in marks {
        if labels.last().is_none_or(|(x, _)| begin(mark.x) >= begin(*x) + LABEL_MIN) {
            labels.push((mark.x, format!("+{}", duration(mark.event.at.0.saturating_sub(first.event.at.0)))));
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::event::What;
    use crate::web::language::ENGLISH;

    fn events(times: &[i64]) -> Vec<Event> {
        times.iter().map(|at| Event::new(Timestamp(*at), What::Ordered, "")).collect()
    }

    #[test]
    fn events_keep_their_order_and_stay_inside_the_tracks() {
        let events = events(&[0, 0, 1, 5, 5, 1_000_000, 1_000_001, i64::MAX]);
        let places: Vec<u32> = marks(&events).iter().map(|mark| mark.x).collect();
        assert!(places.is_sorted() && places[0] == places[1] && places[2] > places[1], "{places:?}");
        assert!(places.iter().all(|x| (LEFT..=LEFT + WIDTH).contains(x)), "{places:?}");
        assert!(places[6] - places[5] >= 2, "a millisecond is seen beside a long gap: {places:?}");
    }

    #[test]
    fn labels_do_not_overlap_at_the_right_end() {
        let events = events(&[0, 10, 77, 135, 280, 288, 299]);
        let places: Vec<u32> = labels(&marks(&events)).into_iter().map(|(x, _)| x).collect();
        let begin = |x: &u32| if *x > LABEL_MAX { x - LABEL_WIDTH } else { *x };
        assert!(places.windows(2).all(|pair| begin(&pair[1]) - begin(&pair[0]) >= LABEL_WIDTH), "{places:?}");
    }

    #[test]
    fn no_event_and_one_event_can_be_drawn() {
        assert!(!drawing(&ENGLISH, &[]).into_string().contains("<rect"));
        let one = drawing(&ENGLISH, &events(&[7])).into_string();
        assert_eq!(one.matches("<rect").count(), 2, "{one}");
        assert!(one.contains("+0 ms"), "{one}");
    }
}
