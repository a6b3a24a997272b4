using CsCheck;
using SoonShop.Events;
using SoonShop.Orders;

namespace SoonShop.Tests.Rules;

public sealed class RetryPolicyTests
{
    private static readonly Gen<RetryPolicy> Exponential =
        from first in Gen.Double[0.1, 100]
        from longer in Gen.Double[1, 1000]
        from factor in Gen.Double[1, 10]
        from jitter in Gen.Double[0, 1]
        from retries in Gen.Int[1, RetryPolicy.MaxRetries]
        from immediate in Gen.Int[0, RetryPolicy.MaxImmediate]
        select new RetryPolicy
        {
            Immediate = immediate,
            Backoff = Backoff.Exponential,
            Retries = retries,
            First = TimeSpan.FromSeconds(first),
            Max = TimeSpan.FromSeconds(first * longer),
            Factor = factor,
            Jitter = jitter,
        };

    [Fact]
    public void delays_never_shrink_and_keep_within_their_bounds() => Exponential.Sample(policy =>
    {
        Assert.Empty(policy.Problems("it"));
        var before = TimeSpan.Zero;
        for (var retry = 1; retry <= policy.Retries; retry++)
        {
            var delay = policy.Delay(retry, 0.5);
            Assert.InRange(delay, before, policy.Max);
            Assert.True(delay >= policy.First - TimeSpan.FromMilliseconds(1));
            before = delay;
        }
    });

    [Fact]
    public void jitter_moves_a_delay_by_no_more_than_its_part() =>
        Gen.Select(Exponential, Gen.Double[0, 0.9999], Gen.Int[1, 50]).Sample((policy, random, retry) =>
        {
            var (plain, delay) = (policy.Delay(retry, 0.5), policy.Delay(retry, random));
            var slack = TimeSpan.FromMilliseconds(1);
            var least = plain * (1 - policy.Jitter) - slack;
            var most = plain * (1 + policy.Jitter) + slack;
            Assert.True(delay <= policy.Max && delay >= RetryPolicy.ShortestDelay);
            Assert.InRange(
                delay, least < RetryPolicy.ShortestDelay ? RetryPolicy.ShortestDelay : least,
                most < RetryPolicy.ShortestDelay ? RetryPolicy.ShortestDelay : most);
        });

    [Fact]
    public void there_are_as_many_attempts_as_the_policy_says() => Exponential.Sample(policy =>
    {
        var (now, later, failed) = (0, 0, 1);
        for (; policy.Next(failed, inPlace: later == 0, 0.5) is { Kind: not NextStepKind.GiveUp } next; failed++)
        {
            if (next.Kind == NextStepKind.RetryNow)
                now++;
            else
                later++;
        }
        Assert.Equal((policy.Immediate, policy.Retries, 1 + policy.Immediate + policy.Retries), (now, later, failed));
    });

    [Fact]
    public void without_a_chance_of_an_immediate_retry_a_delayed_one_follows()
    {
        var policy = new RetryPolicy { Immediate = 3, Backoff = Backoff.Fixed, Retries = 1, First = TimeSpan.FromSeconds(7) };
        Assert.Equal(NextStep.After(TimeSpan.FromSeconds(7)), policy.Next(1, inPlace: false, 0.5));
    }

    [Fact]
    public void custom_delays_are_taken_as_listed()
    {
        var policy = new RetryPolicy { Backoff = Backoff.Custom, Delays = [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1)] };
        Assert.Equal(
            [NextStep.After(TimeSpan.FromSeconds(5)), NextStep.After(TimeSpan.FromSeconds(1)), NextStep.GiveUp],
            Enumerable.Range(1, 3).Select(failed => policy.Next(failed, true, 0.5)));
    }

    [Fact]
    public void retries_without_end_never_give_up()
    {
        var policy = new RetryPolicy { Backoff = Backoff.Exponential, Retries = RetryPolicy.Endless, Max = TimeSpan.FromMinutes(1) };
        Assert.Empty(policy.Problems("it"));
        Assert.Equal(NextStep.After(TimeSpan.FromMinutes(1)), policy.Next(1_000_000, false, 0.5));
    }

    [Fact]
    public void no_policy_gives_up_at_once() => Assert.Equal(NextStep.GiveUp, RetryPolicy.None.Next(1, true, 0.5));

    [Fact]
    public void the_most_closely_meant_rule_counts_and_of_equals_the_configured_one()
    {
        static RetryRule Rule(int retries, string? handler, string? type, bool configured = false, params ErrorClass[] on) =>
            new(new RetryPolicy { Backoff = Backoff.Fixed, Retries = retries }, handler, type, [.. on], configured);
        var policies = new RetryPolicies(
        [
            Rule(1, null, null, true), Rule(2, null, "order.placed"), Rule(3, "mail", null), Rule(4, "mail", null, true),
            Rule(5, "mail", "order.placed"), Rule(6, "mail", null, false, ErrorClass.Network),
            Rule(7, "mail", "order.placed", false, ErrorClass.Permanent),
        ]);
        int Of(string handler, string type, ErrorClass error) => policies.For(handler, type, error).DelayedRetries;

        Assert.Equal(1, Of("other", "order.shipped", ErrorClass.System));
        Assert.Equal(2, Of("other", "order.placed", ErrorClass.System));
        Assert.Equal(4, Of("mail", "order.shipped", ErrorClass.System));
        Assert.Equal(6, Of("mail", "order.shipped", ErrorClass.Network));
        Assert.Equal(5, Of("mail", "order.placed", ErrorClass.Network));
        // What will fail the same way every time is retried only where somebody asks for that.
        Assert.Equal(0, Of("mail", "order.shipped", ErrorClass.Permanent));
        Assert.Equal(7, Of("mail", "order.placed", ErrorClass.Permanent));
    }

    [Fact]
    public void the_shop_s_own_policy_is_sound() => Assert.Empty(RetryPolicy.Default.Problems("it"));

    [Fact]
    public void everything_wrong_in_the_configuration_is_told_at_once()
    {
        var types = new EventTypes([typeof(OrderPlaced).Assembly]);
        var handlers = new EventHandlers([typeof(EventHandlers).Assembly], types);
        var options = new EventsOptions
        {
            AttemptSeconds = 9,
            ReplayPerSecond = 0,
            FailureRecord = ErrorStoreKind.Redis,
            ErrorRules = { ["a"] = new(), ["b"] = new() { Message = "(", Class = ErrorClass.Network } },
            Policies =
            {
                ["c"] = new() { Handler = "nobody", EventType = "order.nothing" },
                ["d"] = new() { Backoff = Backoff.Exponential, Retries = 51, FirstSeconds = 10, MaxSeconds = 1, Jitter = 2 },
                ["e"] = new() { Backoff = Backoff.Custom },
                ["f"] = new() { EventType = "order.placed", FirstSeconds = -1 },
            },
        };
        var problems = options.Problems(types, handlers).ToArray();
        foreach (var path in (string[])["Events:AttemptSeconds", "Events:ReplayPerSecond", "Events:Redis", "Events:ErrorRules:a",
            "Events:ErrorRules:b:Message",
            "Events:Policies:c:Handler", "Events:Policies:c:EventType", "Events:Policies:d", "Events:Policies:e", "Events:Policies:f",
            "d and e"])
            Assert.Contains(problems, p => p.Contains(path, StringComparison.Ordinal));
        Assert.Empty(new EventsOptions().Problems(types, handlers));
    }
}
