using Orleans.Concurrency;

namespace SoonShop.Pricing;

/// <summary>
/// All pricing rules of the shop. Key 0 is the only one: one grain decides every change, so that each version of the rules is checked as a
/// whole. While no rule was ever changed, the rules are those of the configuration section <c>Checkout</c>. The gateway admits only
/// administrators, except for <see cref="GetAsync"/>.
/// </summary>
[Alias("soonshop.pricing-rules-grain")]
public interface IPricingRulesGrain : IGrainWithIntegerKey
{
    /// <summary>Returns the current rules without the archived ones; null when their version is the known one.</summary>
    /// <param name="knownVersion">The version that the caller has; null for none.</param>
    [Alias("get"), AlwaysInterleave, Repeatable]
    Task<PricingRules?> GetAsync(long? knownVersion);

    /// <summary>
    /// Lists rules of one kind by id, one page at a time. Archived rules are listed only when asked for. Error: <c>validation-failed</c>
    /// for an invalid cursor.
    /// </summary>
    /// <param name="kind">A kind other than <see cref="PricingRuleKind.TaxSettings"/>.</param>
    /// <param name="status">Only rules with this status; null for all that are not archived.</param>
    /// <param name="page">The page.</param>
    [Alias("list"), AlwaysInterleave, Repeatable]
    Task<Result<Page<StoredRule>>> ListAsync(PricingRuleKind kind, PricingRuleStatus? status, PageRequest page);

    /// <summary>Returns one rule, also an archived one. Error: <c>not-found</c>.</summary>
    [Alias("find"), AlwaysInterleave, Repeatable]
    Task<Result<StoredRule>> FindAsync(PricingRuleKind kind, string id);

    /// <summary>
    /// Adds a rule. A repeated call with the same rule changes nothing. Errors: <c>validation-failed</c> with every problem of the rule, or
    /// with the gift that is no product; <c>conflict</c> when the id is taken, or when the rules become too large.
    /// </summary>
    [Alias("create"), Repeatable]
    Task<Result<StoredRule>> CreateAsync(PricingRule rule);

    /// <summary>
    /// Replaces a rule, and restores an archived one. The same rule again changes nothing. Customer groups and the gift that the rule in
    /// force has already need not exist. Errors: as for <see cref="CreateAsync"/>, <c>not-found</c>, <c>precondition-failed</c>.
    /// </summary>
    /// <param name="rule">The rule with its id.</param>
    /// <param name="expectedVersion">The version of the rule to replace; null for any.</param>
    [Alias("put")]
    Task<Result<StoredRule>> PutAsync(PricingRule rule, long? expectedVersion);

    /// <summary>
    /// Takes a rule out of force. It stays readable until <see cref="PricingRuleLimits.MaxArchived"/> others of its kind were archived
    /// after it. Idempotent. Errors: <c>not-found</c>, <c>precondition-failed</c>, <c>conflict</c> when other rules use it.
    /// </summary>
    [Alias("archive")]
    Task<Result<Done>> ArchiveAsync(PricingRuleKind kind, string id, long? expectedVersion);
}
