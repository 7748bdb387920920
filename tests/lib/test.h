/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The frame of every unit test: TEST(name) { … } registers itself, test-main.c runs what was
 * registered and prints TAP. Assertions are cmocka's.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct TestCase TestCase;
struct TestCase {
	const char *name;
	void (*run)(void);
	TestCase *next;
};

/* Add a case; called by TEST() before main. */
void test_register(TestCase *test);

#define TEST(id)                                                                                   \
	static void test_body_##id(void);                                                          \
	__attribute__((constructor)) static void test_enrol_##id(void)                             \
	{                                                                                          \
		static TestCase test_case = {.name = #id, .run = test_body_##id};                  \
		test_register(&test_case);                                                         \
	}                                                                                          \
	static void test_body_##id(void)
