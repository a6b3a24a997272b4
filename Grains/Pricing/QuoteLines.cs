using System.Runtime.InteropServices;

namespace SoonShop.Pricing;

/// <summary>Builds the lines of a quote from the items: a line gets the shares of its units.</summary>
internal sealed class QuoteLines(PromotionContext context, PromotionSelection selection, PromotionRun run, QuoteTaxes taxes, bool inside)
{
    private readonly Basket basket = context.Basket;

    /// <summary>
    /// Returns the lines of the request in its order, then the gifts in the order of their promotions. What is payable of them is not
    /// rounded yet.
    /// </summary>
    public QuoteLine[] Build(int[] chosen, ReadOnlySpan<ItemDiscount> discounts)
    {
        var adjustments = Adjustments(discounts);
        var gifts = Gifts(chosen);
        var lines = new QuoteLine[basket.ItemOfLine.Length + gifts.Count];
        for (var line = 0; line < basket.ItemOfLine.Length; line++)
        {
            var item = basket.ItemOfLine[line];
            var quantity = basket.Request.Lines[line].Quantity;
            lines[line] = quantity == basket.Units[item] ? Whole(item, adjustments[item]) : Part(item, line, quantity, adjustments[item]);
        }
        gifts.CopyTo(lines, basket.ItemOfLine.Length);
        return lines;
    }

    private QuoteLine Whole(int item, QuoteAdjustment[] adjustments) => new()
    {
        Sku = basket.Products[item].Sku,
        Quantity = basket.Units[item],
        UnitPrice = PriceOf(item),
        PriceListId = basket.ListIds[item],
        Adjustments = ImmutableCollectionsMarshal.AsImmutableArray(adjustments),
        Taxes = taxes.TaxesOf(item),
        Discount = basket.Gross[item] - run.Values[item],
        Tax = taxes.TaxOf(item),
        TaxDeducted = taxes.DeductedOf(item),
        Payable = Exact(run.Values[item], taxes.TaxOf(item), taxes.DeductedOf(item)),
    };

    /// <summary>
    /// Builds one of several lines of an item. Each amount is the difference of what is left before and after it, both divided evenly over
    /// the units, so that no share is negative and all lines add up to the item.
    /// </summary>
    private QuoteLine Part(int item, int line, int quantity, QuoteAdjustment[] ofItem)
    {
        var first = basket.FirstUnitOfLine[line];
        var left = basket.Gross[item];
        var adjustments = ImmutableArray.CreateBuilder<QuoteAdjustment>(ofItem.Length);
        foreach (var adjustment in ofItem)
        {
            var amount = Share(left) - Share(left - adjustment.Amount);
            left -= adjustment.Amount;
            if (amount > 0)
                adjustments.Add(adjustment with { Amount = amount });
        }
        var net = run.Values[item];
        var lineTaxes = ImmutableArray.CreateBuilder<QuoteTax>();
        var withTaxes = net;
        foreach (var tax in taxes.TaxesOf(item))
        {
            var next = inside ? withTaxes - tax.Amount : withTaxes + tax.Amount;
            lineTaxes.Add(tax with { Base = Share(tax.Base), Amount = Math.Abs(Share(next) - Share(withTaxes)) });
            withTaxes = next;
        }
        var (lineTax, deducted) = (Math.Abs(Share(withTaxes) - Share(net)), Share(net) - Share(net - taxes.DeductedOf(item)));
        return new QuoteLine
        {
            Sku = basket.Products[item].Sku,
            Quantity = quantity,
            UnitPrice = PriceOf(item),
            PriceListId = basket.ListIds[item],
            Adjustments = adjustments.DrainToImmutable(),
            Taxes = lineTaxes.DrainToImmutable(),
            Discount = basket.UnitPrices[item] * quantity - Share(net),
            Tax = lineTax,
            TaxDeducted = deducted,
            Payable = Exact(Share(net), lineTax, deducted),
        };

        long Share(long amount) => LargestRemainder.OfFirst(amount, basket.Units[item], first + quantity)
            - LargestRemainder.OfFirst(amount, basket.Units[item], first);
    }

    /// <summary>Returns what the buyer pays before rounding to what can be charged.</summary>
    private long Exact(long net, long tax, long deducted) => net - deducted + (inside ? 0 : tax);

    private long? PriceOf(int item) => (basket.Priced & Basket.Bit(item)) == 0 ? null : basket.UnitPrices[item];

    /// <summary>Returns the discounts of each item in the order in which they apply.</summary>
    private QuoteAdjustment[][] Adjustments(ReadOnlySpan<ItemDiscount> discounts)
    {
        var counts = new int[basket.Count];
        foreach (var discount in discounts)
            counts[discount.Item]++;
        var adjustments = new QuoteAdjustment[basket.Count][];
        for (var i = 0; i < counts.Length; i++)
            (adjustments[i], counts[i]) = (counts[i] == 0 ? [] : new QuoteAdjustment[counts[i]], 0);
        foreach (var discount in discounts)
        {
            ref readonly var candidate = ref selection.Candidates[discount.Candidate];
            adjustments[discount.Item][counts[discount.Item]++] =
                new QuoteAdjustment(candidate.Promotion.Rule.Id, candidate.Promotion.Stage, discount.Amount, candidate.Code?.Text);
        }
        return adjustments;
    }

    private List<QuoteLine> Gifts(int[] chosen)
    {
        List<QuoteLine> gifts = [];
        foreach (var index in chosen)
        {
            ref readonly var candidate = ref selection.Candidates[index];
            var rule = candidate.Promotion.Rule;
            if (rule.Action.Kind != PromotionActionKind.Gift || !run.Applies(index))
                continue;
            var price = context.Prices.Find(basket.GiftProduct(rule.Action.GiftSku!)!, rule.Action.GetUnits, basket.Request)!.Value;
            var discount = run.Discounts[index];
            gifts.Add(new QuoteLine
            {
                Sku = rule.Action.GiftSku!,
                Quantity = rule.Action.GetUnits,
                UnitPrice = price.Amount,
                PriceListId = price.ListId,
                GiftOf = rule.Id,
                Adjustments = discount == 0 ? [] : [new QuoteAdjustment(rule.Id, PromotionStages.Line, discount, candidate.Code?.Text)],
                Taxes = [],
                Discount = discount,
                Tax = 0,
                Payable = 0,
            });
        }
        return gifts;
    }
}
