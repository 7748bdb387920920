/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The writer: commas, escapes, numbers, dates, and text that is not UTF-8.
 */
#include "tests/lib/test.h"
#include "json/out.h"

/* What the writer made of one text. */
static char *written(const char *text)
{
	JsonOut out = {0};

	json_out_text(&out, NULL, text);
	return json_out_take(&out, NULL);
}

static void expect_text(const char *text, const char *json)
{
	_cleanup_(freep) char *got = written(text);

	assert_string_equal(got, json);
}

TEST(nested_members_and_commas)
{
	_cleanup_(freep) char *text = NULL;
	JsonOut out = {0};
	size_t length;

	json_out_begin(&out, NULL);
	json_out_text(&out, "a", "x");
	json_out_list_begin(&out, "list");
	json_out_int(&out, NULL, -1);
	json_out_begin(&out, NULL);
	json_out_end(&out);
	json_out_bool(&out, NULL, true);
	json_out_list_end(&out);
	json_out_list_begin(&out, "none");
	json_out_list_end(&out);
	json_out_null(&out, "n");
	json_out_text(&out, "t", NULL);
	json_out_raw(&out, "raw", "{\"x\":1}");
	json_out_printf(&out, "p\"", "%s/%d", "a\"", 5);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	assert_string_equal(text, "{\"a\":\"x\",\"list\":[-1,{},true],\"none\":[],\"n\":null,"
				  "\"t\":null,\"raw\":{\"x\":1},\"p\\\"\":\"a\\\"/5\"}");
	assert_int_equal(length, strlen(text));
	assert_int_equal(out.buf.length, 0);
}

TEST(escapes)
{
	expect_text("", "\"\"");
	expect_text("plain", "\"plain\"");
	expect_text("\"\\/", "\"\\\"\\\\/\"");
	expect_text("\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
	expect_text("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		    "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

TEST(what_is_not_utf8_is_replaced)
{
	expect_text("a\xff"
		    "b",
		    "\"a\xef\xbf\xbd"
		    "b\"");
	expect_text("\xc3", "\"\xef\xbf\xbd\"");
	expect_text("\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	expect_text("\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	expect_text("\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	expect_text("\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	expect_text("\x80\"", "\"\xef\xbf\xbd\\\"\"");
}

TEST(numbers)
{
	_cleanup_(freep) char *text = NULL;
	JsonOut out = {0};

	json_out_list_begin(&out, NULL);
	json_out_int(&out, NULL, INT64_MIN);
	json_out_int(&out, NULL, INT64_MAX);
	json_out_real(&out, NULL, 1);
	json_out_real(&out, NULL, 0.1);
	json_out_real(&out, NULL, 1e100);
	json_out_real(&out, NULL, 1.0 / 3);
	json_out_list_end(&out);
	text = json_out_take(&out, NULL);
	assert_string_equal(text, "[-9223372036854775808,9223372036854775807,1.0,0.1,1e+100,"
				  "0.33333333333333331]");
}

TEST(dates)
{
	_cleanup_(freep) char *text = NULL;
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_date(&out, "s", 1000001, CLOCK_SECONDS_Z);
	json_out_date(&out, "m", 1000001, CLOCK_MICROS);
	json_out_date(&out, "none", 0, CLOCK_MICROS);
	json_out_end(&out);
	text = json_out_take(&out, NULL);
	assert_string_equal(text, "{\"s\":\"1970-01-01T00:00:01Z\","
				  "\"m\":\"1970-01-01T00:00:01.000001\",\"none\":null}");
}

TEST(printed_texts_may_be_long)
{
	_cleanup_(freep) char *text = NULL;
	char wanted[1100];
	JsonOut out = {0};

	json_out_printf(&out, NULL, "%0300d\"%0700d", 1, 2);
	text = json_out_take(&out, NULL);
	(void)snprintf(wanted, sizeof(wanted), "\"%0300d\\\"%0700d\"", 1, 2); /* fits */
	assert_string_equal(text, wanted);
}
