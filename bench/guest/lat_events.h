/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LAT_EVENTS_H
#define LAT_EVENTS_H

/* Count what must not happen during a request: begin, the request, end. */
void events_begin(void);
/* Prints a figure for each kind of event. */
void events_end(const char *cell);

#endif /* LAT_EVENTS_H */
