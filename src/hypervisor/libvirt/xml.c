/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See xml.h.
 */
#include "hypervisor/libvirt/xml.h"

#include <libxml/xmlwriter.h>

#include "base/mem.h"
#include "base/str.h"

struct Xml {
	xmlBuffer *buffer;
	xmlTextWriter *writer;
};

/* The writer only fails for lack of memory. */
static void must(int r)
{
	if (r < 0)
		abort();
}

Xml *xml_new(void)
{
	Xml *xml = NEW(Xml);

	xml->buffer = xmlBufferCreate();
	xml->writer = xml->buffer ? xmlNewTextWriterMemory(xml->buffer, 0) : NULL;
	if (!xml->writer)
		abort();
	must(xmlTextWriterSetIndent(xml->writer, 1));
	must(xmlTextWriterSetIndentString(xml->writer, (const xmlChar *)"  "));
	return xml;
}

Xml *xml_free(Xml *xml)
{
	if (!xml)
		return NULL;
	if (xml->writer)
		xmlFreeTextWriter(xml->writer);
	xmlBufferFree(xml->buffer);
	free(xml);
	return NULL;
}

/* Bytes of the character at `at` when XML cannot carry it: C0 controls, U+FFFE and U+FFFF. */
static size_t unfit_length(const char *at)
{
	unsigned char c = (unsigned char)*at;

	if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
		return 1;
	if (strncmp(at, "\xef\xbf\xbe", 3) == 0 || strncmp(at, "\xef\xbf\xbf", 3) == 0)
		return 3;
	return 0;
}

static char *fit(const char *text)
{
	_cleanup_(buf_done) Buf buf = {0};
	size_t skip;

	while (*text) {
		skip = unfit_length(text);
		if (!skip)
			buf_add_char(&buf, *text);
		text += skip ? skip : 1;
	}
	return buf_take(&buf);
}

void xml_open(Xml *xml, const char *element)
{
	must(xmlTextWriterStartElement(xml->writer, (const xmlChar *)element));
}

void xml_close(Xml *xml)
{
	must(xmlTextWriterEndElement(xml->writer));
}

void xml_attr(Xml *xml, const char *name, const char *value)
{
	_cleanup_(freep) char *fitting = NULL;

	if (!value)
		return;
	fitting = fit(value);
	must(xmlTextWriterWriteAttribute(xml->writer, (const xmlChar *)name,
					 (const xmlChar *)fitting));
}

void xml_attr_int(Xml *xml, const char *name, int64_t value)
{
	must(xmlTextWriterWriteFormatAttribute(xml->writer, (const xmlChar *)name, "%lld",
					       (long long)value));
}

void xml_content(Xml *xml, const char *text)
{
	_cleanup_(freep) char *fitting = fit(text);

	must(xmlTextWriterWriteString(xml->writer, (const xmlChar *)fitting));
}

void xml_content_int(Xml *xml, int64_t value)
{
	must(xmlTextWriterWriteFormatString(xml->writer, "%lld", (long long)value));
}

void xml_text(Xml *xml, const char *element, const char *text)
{
	if (!text)
		return;
	xml_open(xml, element);
	xml_content(xml, text);
	xml_close(xml);
}

void xml_leaf(Xml *xml, const char *element, const char *name, const char *value)
{
	xml_open(xml, element);
	xml_attr(xml, name, value);
	xml_close(xml);
}

char *xml_take(Xml *xml)
{
	must(xmlTextWriterFlush(xml->writer));
	xmlFreeTextWriter(TAKE(xml->writer));
	return mem_strdup((const char *)xmlBufferContent(xml->buffer));
}
