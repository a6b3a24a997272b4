using System.Globalization;
using System.Security.Cryptography;
using SoonShop.Aggregates;
using SoonShop.Auditing;

namespace SoonShop.Pricing;

[CollectionAgeLimit(Minutes = 10), DeactivateWhenEmpty]
internal sealed class PromotionCodesGrain(
    [PersistentState("promotion-codes")] IPersistentState<StateEnvelope<PromotionCodesState>> storage, TimeProvider time)
    : AggregateGrain<PromotionCodesState>(storage, time), IPromotionCodesGrain
{
    protected override string Aggregate => "promotion-codes";

    protected override string StreamKeyOf(PromotionCodesState state) => GrainKey;

    private string PromotionId => Promotion.OfGrainKey(GrainKey);

    async Task<Result<CodeBatch>> IPromotionCodesGrain.GenerateAsync(Guid batchId, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, CodeBatch.MaxCount);
        var rule = await FindPromotionAsync();
        if (rule.IsError)
            return rule.Error;
        if (rule.Value.Rule.Content is not Promotion { Trigger: PromotionTrigger.CodeBatch })
        {
            return Error.Of(
                ErrorCode.Conflict, "error.no-code-batch",
                $"The promotion {PromotionId} takes no generated codes. Set its trigger to codeBatch.");
        }
        var state = State ?? new PromotionCodesState
        {
            Secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(GeneratedCode.SecretLength)),
        };
        var decision = state.Generate(batchId, count, Now);
        if (decision.Error is { } error)
            return error;
        var subject = PricingRule.SubjectOf(PricingRuleKind.Promotion, PromotionId);
        await CommitAsync(decision, Audit(new AuditEvent("promotion-codes.generate", subject) { Details = new { batchId, count } }));
        return State!.Find(batchId)!;
    }

    async Task<Result<Page<IssuedCode>>> IPromotionCodesGrain.ListAsync(Guid? batchId, PageRequest page)
    {
        var rule = await FindPromotionAsync();
        if (rule.IsError)
            return rule.Error;
        var list = $"codes/{PromotionId}/{batchId}";
        var first = 0;
        if (page.Cursor is { } cursor
            && !(Cursor.TryRead(cursor, list, 1, out var place)
                && int.TryParse(place[0], NumberStyles.None, CultureInfo.InvariantCulture, out first)))
            return Cursor.Bad;
        var batch = batchId is { } id ? State?.Find(id) : null;
        if (State is not { } state || (batchId is not null && batch is null))
            return new Page<IssuedCode>([], null);
        first = Math.Max(first, batch?.First ?? 0);
        var end = Math.Min(batch is null ? state.Count : batch.First + batch.Count, state.Count);
        var numbers = Enumerable.Range(first, Math.Clamp(end - first, 0, page.Limit));
        GeneratedCode[] codes = [.. numbers.Select(n => state.CodeOf(PromotionId, n))];
        var used = await UsedAsync(codes);
        return new Page<IssuedCode>(
            [.. codes.Zip(used, (code, isUsed) => new IssuedCode(
                code.ToString(), state.Batches.Last(b => b.First <= code.Number).Id, isUsed))],
            first + codes.Length < end ? Cursor.Write(list, (first + codes.Length).ToString(CultureInfo.InvariantCulture)) : null);
    }

    Task<bool> IPromotionCodesGrain.HasIssuedAsync(string code) => Task.FromResult(
        State is { } state && GeneratedCode.TryParse(code, out var generated) && state.HasIssued(PromotionId, generated));

    private Task<Result<StoredRule>> FindPromotionAsync() =>
        GrainFactory.Reference<IPricingRulesGrain>(0).FindAsync(PricingRuleKind.Promotion, PromotionId);

    private async Task<IEnumerable<bool>> UsedAsync(IEnumerable<GeneratedCode> codes)
    {
        var uses = GrainFactory.Reference<IPromotionUsesGrain>(GrainKey);
        var used = await Task.WhenAll(codes.Chunk(PromotionReservation.MaxHolders).Select(
            some => uses.GetUsedAsync([.. some.Select(c => c.HolderKey)])));
        return used.SelectMany(u => u.ByHolder.Select(count => count > 0));
    }
}
