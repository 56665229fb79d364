// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "campaign.h"
#include "place_shrink.h"
#include "tap.h"

static bool breaks(const struct request *r, const void *property)
{
	const struct property *p = property;

	return !p->holds(trial_run(r));
}

/* Good until the next call. */
const struct trial *campaign_try(struct campaign *c, const struct request *r)
{
	const struct trial *t = trial_run(r);
	bool holds[NR_PROPERTIES], shrunk = false;
	unsigned int i;

	c->trials++;
	c->found += t->found;
	c->coarse += t->found && t->expected.granule > r->align;
	c->early += t->inside && t->expected.end != ULONG_MAX &&
		    model_cost(t->window, r->count);

	/* All before the first is shrunk: that runs other trials. */
	for (i = 0; i < NR_PROPERTIES; i++)
		holds[i] = properties[i].holds(t);
	for (i = 0; i < NR_PROPERTIES; i++) {
		if (holds[i] || c->failing[i])
			continue;
		c->failing[i] = strdup(request_text(place_shrink(r, breaks, &properties[i])));
		shrunk = true;
	}
	return shrunk ? trial_run(r) : t;
}

void campaign_report(struct campaign *c)
{
	unsigned int i;

	tap_note("%s: %lu searches, %lu found a window, %lu of these in coarse steps, %lu early",
		 c->name, c->trials, c->found, c->coarse, c->early);
	for (i = 0; i < NR_PROPERTIES; i++) {
		tap_result(!c->failing[i], "%s: %s", c->name, properties[i].sentence);
		if (c->failing[i])
			tap_note("%s", c->failing[i]);
		free(c->failing[i]);
		c->failing[i] = NULL;
	}
}
