using System.Buffers;

namespace SoonShop.Pricing;

/// <summary>The promotions that may apply to a cart, in an array that is borrowed, and what became of each code.</summary>
internal sealed class PromotionSelection : IDisposable
{
    /// <summary>The size of the first array. Few carts have more candidates.</summary>
    private const int InitialCapacity = 32;

    private PromotionCandidate[] candidates = ArrayPool<PromotionCandidate>.Shared.Rent(InitialCapacity);
    private int count;

    private PromotionSelection(int codes) => Codes = codes == 0 ? [] : new CodeResult[codes];

    /// <summary>The candidates in the order in which they apply.</summary>
    public ReadOnlySpan<PromotionCandidate> Candidates => candidates.AsSpan(0, count);

    /// <summary>What became of each code of the request.</summary>
    public CodeResult[] Codes { get; }

    /// <summary>Selects the promotions.</summary>
    public static PromotionSelection Of(PromotionContext context, CompiledPricingRules rules)
    {
        var selection = new PromotionSelection(context.Basket.Request.Codes.Length);
        selection.AddCodes(context, rules);
        selection.AddAutomatic(context, rules);
        // Codes come before automatic promotions; sorting a few entries that are nearly sorted is cheap.
        if (selection.Codes.Length > 0)
            selection.candidates.AsSpan(0, selection.count).Sort(static (a, b) => a.Promotion.Index.CompareTo(b.Promotion.Index));
        return selection;
    }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<PromotionCandidate>.Shared.Return(candidates, clearArray: true);

    private void Add(in PromotionCandidate candidate)
    {
        if (count == candidates.Length)
        {
            var larger = ArrayPool<PromotionCandidate>.Shared.Rent(2 * count);
            candidates.CopyTo(larger, 0);
            Dispose();
            candidates = larger;
        }
        candidates[count++] = candidate;
    }

    private void AddCodes(PromotionContext context, CompiledPricingRules rules)
    {
        var basket = context.Basket;
        for (var i = 0; i < Codes.Length; i++)
        {
            var code = basket.Request.Codes[i];
            CompiledPromotion? promotion;
            if (code.BatchPromotionId is { } batch)
                rules.Batches.TryGetValue(batch, out promotion);
            else
                rules.ByCode.TryGetValue(PromotionCode.Normalize(code.Text), out promotion);
            if (promotion is null)
                Codes[i] = new CodeResult(null, PromotionRefusal.UnknownCode);
            else if (IsRepeated(i, promotion))
                Codes[i] = new CodeResult(promotion, PromotionRefusal.CodeRepeated);
            else
            {
                var items = PromotionCheck.Matching(promotion.Items, basket);
                var refusal = PromotionCheck.Check(promotion, items, code, context, out var candidate);
                Codes[i] = new CodeResult(promotion, refusal);
                if (refusal == PromotionRefusal.None)
                    Add(candidate);
            }
        }
    }

    /// <summary>True when an earlier code brought the promotion, unless that code cannot be used itself.</summary>
    private bool IsRepeated(int code, CompiledPromotion promotion)
    {
        for (var i = 0; i < code; i++)
        {
            if (Codes[i].Promotion == promotion && Codes[i].Refusal != PromotionRefusal.CodeUsed)
                return true;
        }
        return false;
    }

    private void AddAutomatic(PromotionContext context, CompiledPricingRules rules)
    {
        var promotions = rules.Promotions;
        var matching = ArrayPool<UInt128>.Shared.Rent(promotions.Length);
        var items = matching.AsSpan(0, promotions.Length);
        items.Clear();
        rules.Index.Find(context.Basket, items);
        for (var i = 0; i < items.Length; i++)
        {
            if (items[i] != 0 && PromotionCheck.Check(promotions[i], items[i], null, context, out var candidate) == PromotionRefusal.None)
                Add(candidate);
        }
        ArrayPool<UInt128>.Shared.Return(matching);
    }
}

/// <summary>What became of a code.</summary>
/// <param name="Promotion">Its promotion; null when there is none.</param>
/// <param name="Refusal">Why the promotion is no candidate.</param>
internal readonly record struct CodeResult(CompiledPromotion? Promotion, PromotionRefusal Refusal);
