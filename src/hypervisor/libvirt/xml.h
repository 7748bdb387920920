/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Writing XML: a few verbs over libxml2's text writer, which quotes what needs quoting. Texts
 * that XML cannot carry (control characters) lose those characters. The writer works in memory
 * and fails only when memory runs out, so these verbs cannot fail.
 */
#pragma once

#include "base/macros.h"

typedef struct Xml Xml;

Xml *xml_new(void);
Xml *xml_free(Xml *xml);
DEFINE_CLEANUP(Xml, xml_free)

void xml_open(Xml *xml, const char *element);
void xml_close(Xml *xml);
/* An attribute of the element opened last; nothing when the value is NULL. */
void xml_attr(Xml *xml, const char *name, const char *value);
void xml_attr_int(Xml *xml, const char *name, int64_t value);
/* <element>text</element>; nothing when the text is NULL. */
void xml_text(Xml *xml, const char *element, const char *text);
/* <element name="value"/> */
void xml_leaf(Xml *xml, const char *element, const char *name, const char *value);
/* The content of the element opened last. */
void xml_content(Xml *xml, const char *text);
void xml_content_int(Xml *xml, int64_t value);

/* The finished document; the caller frees it. Nothing may be written any more. */
char *xml_take(Xml *xml);
