using System.Runtime.InteropServices;

namespace SoonShop.Pricing;

/// <summary>Builds one quote: prices, promotions, taxes, shares.</summary>
internal sealed class QuoteBuilder : IDisposable
{
    private readonly PricingRequest request;
    private readonly CompiledPricingRules rules;
    private readonly Basket basket;
    private readonly ChosenShipping shipping;
    private readonly PromotionContext context;
    private readonly PromotionSelection selection;
    private readonly PromotionRun run;
    private readonly int[] chosen;
    private readonly bool inside;

    public QuoteBuilder(PricingRequest request, CompiledPricingRules rules)
    {
        (this.request, this.rules) = (request, rules);
        basket = new Basket(request, rules.Prices);
        shipping = ChosenShipping.Of(basket, rules.Shipping);
        context = new PromotionContext(basket, shipping, rules.Prices);
        selection = PromotionSelection.Of(context, rules);
        run = new PromotionRun(context, selection);
        chosen = PromotionChoice.Of(selection, run);
        inside = rules.TaxInside.Contains(request.Currency);
    }

    /// <inheritdoc/>
    public void Dispose() => selection.Dispose();

    /// <summary>Builds the quote.</summary>
    public Quote Build()
    {
        // Each promotion reduces each item at most once.
        using var discounts = new ItemDiscounts(chosen.Length * basket.Count);
        run.Recorder = discounts;
        run.Apply(chosen);
        run.Recorder = null;
        var taxes = QuoteTaxes.Of(basket, shipping, run, rules);
        var lines = new QuoteLines(context, selection, run, taxes, inside).Build(chosen, discounts.All);
        var shippingLine = ShippingLine(taxes);
        var sums = Sums(lines, shippingLine);
        Payable.Round(lines, ref shippingLine, basket.LineOrder, sums.Total, Currencies.ChargeStep(request.Currency));
        var quote = new Quote
        {
            RulesVersion = rules.Version,
            Currency = request.Currency,
            TaxInside = inside,
            TaxStatus = taxes.Status,
            TaxProvider = taxes.Provider,
            TaxExemptionReason = request.Buyer.TaxExemptionReason,
            Lines = ImmutableCollectionsMarshal.AsImmutableArray(lines),
            Shipping = shippingLine,
            Taxes = taxes.Summary,
            Promotions = Applied(),
            RefusedCodes = [],
            Problems = Problems(taxes, sums.Total),
            Subtotal = sums.Subtotal,
            Discount = sums.Discount,
            ShippingCost = shippingLine?.Cost ?? 0,
            Tax = sums.Tax,
            TaxDeducted = sums.TaxDeducted,
            Rounding = sums.Total - sums.Exact,
            Total = sums.Total,
        };
        if (request.Codes.IsEmpty && !request.ExplainsRules)
            return quote;
        // Reasons are found last: they may apply other sets of promotions.
        var refusals = new PromotionRefusals(context, selection, run, chosen);
        quote = quote with { RefusedCodes = refusals.OfCodes() };
        return request.ExplainsRules ? quote with { Outcomes = new RuleOutcomes(quote, basket, rules, refusals).All() } : quote;
    }

    /// <summary>Returns what a tax provider is asked for; null when there is nothing to ask.</summary>
    public TaxableSale? Sale()
    {
        run.Apply(chosen);
        return QuoteTaxes.SaleOf(basket, shipping, run, rules);
    }

    private (long Subtotal, long Discount, long Tax, long TaxDeducted, long Exact, long Total) Sums(
        QuoteLine[] lines, QuoteShipping? shippingLine)
    {
        var (subtotal, discount) = (0L, shippingLine?.Discount ?? 0);
        var (tax, deducted) = (shippingLine?.Tax ?? 0, shippingLine?.TaxDeducted ?? 0);
        foreach (var line in lines)
        {
            subtotal += line.Gross;
            discount += line.Discount;
            tax += line.Tax;
            deducted += line.TaxDeducted;
        }
        var exact = subtotal + (shippingLine?.Cost ?? 0) - discount - deducted + (inside ? 0 : tax);
        var step = Currencies.ChargeStep(request.Currency);
        var total = Ppm.RoundHalfUp(exact, step) * step;
        return (subtotal, discount, tax, deducted, exact, total);
    }

    private QuoteShipping? ShippingLine(QuoteTaxes taxes)
    {
        if (run.ShippingCost is not { } cost)
            return null;
        var adjustments = ImmutableArray.CreateBuilder<QuoteAdjustment>();
        foreach (var index in chosen)
        {
            ref readonly var candidate = ref selection.Candidates[index];
            if (candidate.Promotion.Stage == PromotionStages.Shipping && run.Applies(index))
                adjustments.Add(new(candidate.Promotion.Rule.Id, PromotionStages.Shipping, run.Discounts[index], candidate.Code?.Text));
        }
        var method = shipping.Method!;
        var (tax, deducted) = (taxes.TaxOf(basket.Count), taxes.DeductedOf(basket.Count));
        return new QuoteShipping(
            method.Id, method.Name, cost, adjustments.DrainToImmutable(), taxes.TaxesOf(basket.Count), cost - run.ShippingValue,
            tax, deducted, run.ShippingValue - deducted + (inside ? 0 : tax));
    }

    private ImmutableArray<AppliedPromotion> Applied()
    {
        var count = 0;
        foreach (var index in chosen)
            count += run.Applies(index) ? 1 : 0;
        var applied = ImmutableArray.CreateBuilder<AppliedPromotion>(count);
        foreach (var index in chosen)
        {
            if (!run.Applies(index))
                continue;
            ref readonly var candidate = ref selection.Candidates[index];
            var rule = candidate.Promotion.Rule;
            applied.Add(new AppliedPromotion
            {
                Id = rule.Id,
                Name = rule.Name,
                Stage = candidate.Promotion.Stage,
                Code = candidate.Code?.Text,
                Discount = run.Discounts[index],
                LimitsUses = rule.MaxUses is not null,
                LimitsUsesPerCustomer = rule.MaxUsesPerCustomer is not null,
                HasBudget = !rule.Budget.IsEmpty,
                IsSingleUseCode = rule.Trigger == PromotionTrigger.CodeBatch,
                Texts = rule.Texts.Count == 0 ? null : rule.Texts,
            });
        }
        return applied.DrainToImmutable();
    }

    private ImmutableArray<QuoteProblem> Problems(QuoteTaxes taxes, long total)
    {
        var problems = ImmutableArray.CreateBuilder<QuoteProblem>();
        for (var line = 0; line < request.Lines.Length; line++)
        {
            var item = basket.ItemOfLine[line];
            if ((basket.Priced & Basket.Bit(item)) == 0)
                problems.Add(new QuoteProblem(QuoteReasons.NoPrice(basket.Products[item].Sku, request.Currency), line));
            if (taxes.IsRefused(item))
                problems.Add(new QuoteProblem(QuoteReasons.NoTaxRate(basket.Products[item].Sku), line));
        }
        if (taxes.Problem is { } tax)
            problems.Add(new QuoteProblem(tax));
        if (taxes.IsRefused(basket.Count))
            problems.Add(new QuoteProblem(QuoteReasons.NoTaxRate(shipping.Method!.Name)));
        if (shipping.Problem is { } problem)
            problems.Add(new QuoteProblem(problem));
        if (shipping.Price is not null && run.ShippingCost is null)
            problems.Add(new QuoteProblem(QuoteReasons.NoTierOfValue));
        if (total > Money.MaxAmount)
            problems.Add(new QuoteProblem(QuoteReasons.TooLarge));
        return problems.DrainToImmutable();
    }
}
