# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Comparing a reply with a sample: the same members, of the same types."""


def kind(value):
    return 'number' if isinstance(value, (int, float)) and not isinstance(value, bool) \
        else type(value).__name__


def differences(sample, real, free, missing=(), more=(), any_more=False, path=''):
    """
    Where a reply is not made like the sample; null is like anything, and one item of a list stands
    for all. Members of `free` objects are the user's; `missing` ones may be on one side alone, and
    `more` (or any) in the reply alone.
    """
    how = {'free': free, 'missing': missing, 'more': more, 'any_more': any_more}
    if sample is None or real is None:
        return
    if kind(sample) != kind(real):
        yield '%s: %s instead of %s' % (path, kind(real), kind(sample))
    elif isinstance(sample, dict) and path.rsplit('.', 1)[-1] not in free:
        for key in sorted((set(sample) ^ set(real)) - set(missing)):
            if key in real and (any_more or key in more):
                continue
            yield '%s.%s: %s' % (path, key, 'too much' if key in real else 'missing')
        for key in sorted(set(sample) & set(real)):
            yield from differences(sample[key], real[key], path=path + '.' + key, **how)
    elif isinstance(sample, list) and sample and real:
        yield from differences(sample[0], real[0], path=path + '.0', **how)
