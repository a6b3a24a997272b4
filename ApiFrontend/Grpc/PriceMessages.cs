using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Converts the sums of carts and orders.</summary>
internal static class PriceMessages
{
    public static V1.Prices ToMessage(this PriceSummary prices)
    {
        var message = new V1.Prices
        {
            Subtotal = prices.Subtotal.ToMessage(),
            Discount = prices.Discount.ToMessage(),
            Shipping = prices.Shipping.ToMessage(),
            Tax = prices.Tax.ToMessage(),
            Total = prices.Total.ToMessage(),
            TaxIncluded = prices.TaxIncluded,
            TaxDeducted = prices.TaxDeducted.ToMessage(),
            Rounding = prices.Rounding.ToMessage(),
            ShippingMethod = prices.ShippingMethod is { } method ? new V1.ShippingChoice { Id = method.Id, Name = method.Name } : null,
            Taxes =
            {
                prices.Taxes.Select(t => new V1.TaxAmount
                {
                    Name = t.Name,
                    Zone = t.Zone,
                    Ppm = t.Ppm,
                    Base = t.Base.ToMessage(),
                    Amount = t.Amount.ToMessage(),
                })
            },
            Promotions = { prices.Promotions.Select(ToMessage) },
            RefusedCodes = { prices.RefusedCodes.Select(c => new V1.RefusedCode { Code = c.Code, Reason = c.Reason }) },
            Problems = { prices.Problems.Select(ToMessage) },
        };
        if (prices.TaxExemptionReason is { } reason)
            message.TaxExemptionReason = reason;
        return message;
    }

    private static V1.PromotionDiscount ToMessage(PromotionDiscount promotion)
    {
        var message = new V1.PromotionDiscount { Id = promotion.Id, Name = promotion.Name, Discount = promotion.Discount.ToMessage() };
        if (promotion.Code is { } code)
            message.Code = code;
        return message;
    }

    private static V1.PriceProblem ToMessage(PriceProblem problem)
    {
        var message = new V1.PriceProblem { Reason = problem.Reason };
        if (problem.Sku is { } sku)
            message.Sku = sku;
        return message;
    }
}
