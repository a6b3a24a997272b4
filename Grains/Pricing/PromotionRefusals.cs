namespace SoonShop.Pricing;

/// <summary>Finds why promotions do not apply. It is not needed for prices, and is made only when somebody asks.</summary>
internal sealed class PromotionRefusals
{
    private readonly PromotionContext context;
    private readonly PricingRequest request;
    private readonly PromotionSelection selection;
    private readonly PromotionRun run;
    private readonly int[] chosen;
    private readonly PromotionRefusal[] ofChosen;
    private readonly int[] effective;

    public PromotionRefusals(PromotionContext context, PromotionSelection selection, PromotionRun run, int[] chosen)
    {
        (this.context, this.selection, this.run, this.chosen) = (context, selection, run, chosen);
        request = context.Basket.Request;
        run.Apply(chosen);
        ofChosen = [.. run.Refusals];
        effective = [.. chosen.Where(run.Applies)];
    }

    /// <summary>Returns the codes that do not apply.</summary>
    public ImmutableArray<RefusedCode> OfCodes()
    {
        var refused = ImmutableArray.CreateBuilder<RefusedCode>();
        for (var i = 0; i < selection.Codes.Length; i++)
        {
            var (promotion, refusal) = selection.Codes[i];
            var text = refusal == PromotionRefusal.None
                ? OfCandidate(promotion!) : PromotionReasons.Of(refusal, promotion?.Rule, request);
            if (text is not null)
                refused.Add(new RefusedCode(request.Codes[i].Text, promotion?.Rule.Id, text));
        }
        return refused.DrainToImmutable();
    }

    /// <summary>Returns why a promotion does not apply; null when it applies.</summary>
    public ErrorText? Of(CompiledPromotion promotion)
    {
        if (!promotion.Rule.Enabled)
            return QuoteReasons.SwitchedOff;
        foreach (var candidate in selection.Candidates)
        {
            if (candidate.Promotion == promotion)
                return OfCandidate(promotion);
        }
        foreach (var code in selection.Codes)
        {
            if (code.Promotion == promotion && code.Refusal != PromotionRefusal.CodeRepeated)
                return PromotionReasons.Of(code.Refusal, promotion.Rule, request);
        }
        var refusal = PromotionCheck.Check(promotion, PromotionCheck.Matching(promotion.Items, context.Basket), null, context, out _);
        return PromotionReasons.Of(refusal == PromotionRefusal.None ? PromotionRefusal.NeedsCode : refusal, promotion.Rule, request);
    }

    private ErrorText? OfCandidate(CompiledPromotion promotion)
    {
        var index = 0;
        while (selection.Candidates[index].Promotion != promotion)
            index++;
        if (chosen.Contains(index))
            return effective.Contains(index) ? null : PromotionReasons.Of(ofChosen[index], promotion.Rule, request);
        foreach (var applied in effective)
        {
            var other = selection.Candidates[applied].Promotion;
            if (!promotion.StandsWith(other))
                return PromotionReasons.Of(PromotionRefusal.NotCombined, promotion.Rule, request, other.Rule);
        }
        // Nothing that applies excludes it: see what it would do.
        run.Apply([.. effective.Append(index).Order()]);
        var refusal = run.Applies(index) ? PromotionRefusal.BetterWithout : run.Refusals[index];
        return PromotionReasons.Of(refusal, promotion.Rule, request);
    }
}
