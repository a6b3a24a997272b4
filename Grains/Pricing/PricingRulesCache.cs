using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Orders;

namespace SoonShop.Pricing;

/// <summary>
/// Holds the current pricing rules of this silo, ready for use, so that pricing a cart needs no call. It asks the grain of the rules for a
/// newer version only while prices are asked for. A change is in force here at most <see cref="MaxAge"/> after it was acknowledged.
/// </summary>
/// <remarks>
/// While the grain of the rules does not answer, the known rules stay in force for <see cref="MaxAgeWithoutAnswer"/>. An order is always
/// placed at the rules of one version, and stores its prices.
/// While a silo of an older version is in the cluster, the rules of the configuration are in force everywhere, so that all silos price
/// alike.
/// </remarks>
public sealed class PricingRulesCache(
    IGrainFactory grains, IClusterManifestProvider cluster, IOptions<CheckoutOptions> options, TimeProvider time)
{
    /// <summary>After this time the next price waits for an answer about newer rules.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(800);

    /// <summary>After this time a newer version is asked for while the known rules are still used.</summary>
    private static readonly TimeSpan RenewAge = MaxAge / 2;

    /// <summary>How long known rules stay in force while the grain does not answer.</summary>
    private static readonly TimeSpan MaxAgeWithoutAnswer = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait for an answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Lock gate = new();
    private readonly CompiledPricingRules configured = CompiledPricingRules.Compile(CheckoutPricing.RulesOf(options.Value));
    private Held? held;
    private Task<CompiledPricingRules>? renewal;
    private readonly ClusterQuestion everywhere = new(
        cluster, manifest => manifest.AllKnow(grains.Reference<IPricingRulesGrain>(0).GetGrainId().Type));

    /// <summary>True when every silo of the cluster knows pricing rules.</summary>
    public bool AreKnownEverywhere => everywhere.IsTrue;

    /// <summary>Returns the rules in force.</summary>
    /// <exception cref="UnavailableException">The rules are not known, and their grain does not answer.</exception>
    public ValueTask<CompiledPricingRules> GetAsync()
    {
        if (!AreKnownEverywhere)
            return new(configured);
        var known = held;
        var age = known is null ? TimeSpan.MaxValue : time.GetElapsedTime(known.AskedAt);
        if (age < RenewAge)
            return new(known!.Rules);
        var renewed = Renew();
        return age < MaxAge ? new(known!.Rules) : new(AwaitAsync(renewed, known));
    }

    private async Task<CompiledPricingRules> AwaitAsync(Task<CompiledPricingRules> renewed, Held? known)
    {
        try
        {
            return await renewed;
        }
        catch (Exception e)
        {
            if (known is not null && time.GetElapsedTime(known.AskedAt) < MaxAgeWithoutAnswer)
                return known.Rules;
            throw new UnavailableException(ErrorText.Of("error.no-pricing-rules", "The prices cannot be computed now. Try again."), e);
        }
    }

    /// <summary>Asks for newer rules, once at a time.</summary>
    private Task<CompiledPricingRules> Renew()
    {
        lock (gate)
        {
            if (renewal is { IsCompleted: false })
                return renewal;
            // The call must not run in the context of the grain that needs the prices.
            using (ExecutionContext.SuppressFlow())
                renewal = Task.Run(AskAsync);
            // A failure that nobody waits for is met again by the next request.
            _ = renewal.ContinueWith(
                static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return renewal;
        }
    }

    private async Task<CompiledPricingRules> AskAsync()
    {
        // The answer is at least as new as the question.
        var askedAt = time.GetTimestamp();
        var known = held;
        var newer = await grains.Reference<IPricingRulesGrain>(0).GetAsync(known?.Rules.Version).WaitAsync(Patience, time);
        var rules = newer is null ? known!.Rules : CompiledPricingRules.Compile(newer);
        held = new Held(rules, askedAt);
        return rules;
    }

    private sealed record Held(CompiledPricingRules Rules, long AskedAt);
}
