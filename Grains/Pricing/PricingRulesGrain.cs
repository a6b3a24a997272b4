using System.Text.Json;
using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Catalog;
using SoonShop.Orders;

namespace SoonShop.Pricing;

internal sealed class PricingRulesGrain(
    [PersistentState("pricing-rules")] IPersistentState<StateEnvelope<PricingRulesState>> storage, TimeProvider time,
    IOptions<CheckoutOptions> options, ClusterFeatures features)
    : AggregateGrain<PricingRulesState>(storage, time), IPricingRulesGrain
{
    /// <summary>The rules of the configuration, which count until the first change.</summary>
    private PricingRulesState? configured;

    protected override string Aggregate => "pricing";

    protected override string StreamKeyOf(PricingRulesState state) => GrainKey;

    private PricingRulesState Current => State ?? (configured ??= PricingRulesState.Of(CheckoutPricing.RulesOf(options.Value)));

    Task<PricingRules?> IPricingRulesGrain.GetAsync(long? knownVersion) =>
        // Rules of the configuration have no version of their own: silos may have started with different ones.
        Task.FromResult(State is not null && State.Rules.Version == knownVersion ? null : Current.Rules);

    Task<Result<Page<StoredRule>>> IPricingRulesGrain.ListAsync(PricingRuleKind kind, PricingRuleStatus? status, PageRequest page) =>
        Task.FromResult(RulePage.Of(kind, status, Current.List(kind, status, Now), page));

    Task<Result<StoredRule>> IPricingRulesGrain.FindAsync(PricingRuleKind kind, string id) => Task.FromResult(Find(kind, id));

    Task<Result<StoredRule>> IPricingRulesGrain.CreateAsync(PricingRule rule) =>
        DecideAsync("pricing.create", rule, Current.Create(rule, Now));

    Task<Result<StoredRule>> IPricingRulesGrain.PutAsync(PricingRule rule, long? expectedVersion) => DecideAsync(
        Find(rule.Kind, rule.Id).Value?.ArchivedAt is null ? "pricing.update" : "pricing.restore", rule,
        Current.Put(rule, expectedVersion, Now));

    async Task<Result<Done>> IPricingRulesGrain.ArchiveAsync(PricingRuleKind kind, string id, long? expectedVersion)
    {
        var decision = Current.Archive(kind, id, expectedVersion, Now);
        if (decision.Error is { } error)
            return error;
        CheckIsKnownEverywhere(kind);
        await CommitAsync(decision, Note("pricing.archive", kind, id, decision.State));
        return default(Done);
    }

    private async Task<Result<StoredRule>> DecideAsync(string action, PricingRule rule, Decision<PricingRulesState> decision)
    {
        if (decision.Error is { } error)
            return error;
        if (decision.Changed && await GivesUnknownProductAsync(rule))
            return Error.Invalid("action.giftSku", "field.no-product", "is no product of this shop");
        CheckIsKnownEverywhere(rule.Kind);
        await CommitAsync(decision, Note(action, rule.Kind, rule.Id, decision.State));
        return Find(rule.Kind, rule.Id);
    }

    /// <summary>True when a promotion newly gives away a product that does not exist.</summary>
    private async Task<bool> GivesUnknownProductAsync(PricingRule rule) =>
        GiftOf(rule) is { } sku && sku != GiftOf(RuleList.Of(rule.Kind).Find(Current.Rules, rule.Id))
        && await GrainFactory.Reference<IProductGrain>(Sku.GrainKey(sku)).GetOfferAsync() is null;

    private static string? GiftOf(PricingRule? rule) => (rule?.Content as Promotion)?.Action.GiftSku;

    /// <exception cref="UnavailableException">
    /// A silo of an older version is in the cluster: it would drop rules of this kind, which it does not know.
    /// </exception>
    private void CheckIsKnownEverywhere(PricingRuleKind kind)
    {
        var isKnown = kind switch
        {
            PricingRuleKind.CustomerGroup => features.CustomerGroupsAreRules,
            PricingRuleKind.Location => features.StockIsByLocation,
            _ => true,
        };
        if (!isKnown)
            throw new UnavailableException(ErrorText.Of(
                "error.rule-kind-later", "Such a rule can be changed once all silos run the new version. Try again then."));
    }

    private Result<StoredRule> Find(PricingRuleKind kind, string id) =>
        Current.Find(kind, id, Now) is { } rule ? rule : PricingRulesState.NotFound(kind, id);

    private AuditRecorded Note(string action, PricingRuleKind kind, string id, PricingRulesState next) =>
        Audit(new AuditEvent(action, PricingRule.SubjectOf(kind, id))
        {
            Before = Facts(Current.Find(kind, id, Now)),
            After = Facts(next.Find(kind, id, Now)),
            Details = new { next.Rules.Version },
        });

    /// <summary>Returns a rule for the audit log; null for one that is not in force.</summary>
    private static JsonElement? Facts(StoredRule? rule) =>
        rule is null or { ArchivedAt: not null } ? null : RuleList.ToJson(rule.Rule.Content);
}
