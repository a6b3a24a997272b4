using SoonShop.StripeTesting.Http;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting;

/// <summary>Whose a payment method is, and where it may be used.</summary>
internal sealed class PaymentMethods(Account account)
{
    /// <summary>A new method for a test name or token such as <c>pm_card_visa</c>; null when the text is no such name.</summary>
    public PaymentMethod? FromTestName(string name) =>
        TestCard.Find(name) is { } card
            ? account.Methods.Add(new PaymentMethod(Account.NewId("pm"), account.Now, card) { IsSetUp = card.IsSetUp })
            : null;

    /// <summary>The method that a request names, for a payment of a customer; throws when it may not be used.</summary>
    public PaymentMethod Usable(Call call, string id, string? customer)
    {
        if (FromTestName(id) is { } fresh)
        {
            fresh.Billing = call.Object("payment_method_data[billing_details]", "email", "name", "phone");
            return fresh;
        }
        var method = account.Methods.InParameter(id, "payment_method");
        if (method.Customer is not null && customer is null)
            throw StripeError.Refused(
                $"The `payment_method` parameter supplied {id} belongs to the Customer {method.Customer}. Please include the Customer in "
                    + "the `customer` parameter on the PaymentIntent.", "parameter_missing", "customer");
        if (method.Customer is not null && method.Customer != customer)
            throw StripeError.Refused(
                $"The customer does not have a payment method with the ID {id}. The payment method must be attached to the customer.",
                "resource_missing", "payment_method");
        if (method.Customer is null && method.Spent)
            throw StripeError.Refused(
                "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected "
                    + "account without Customer attachment, or was detached from a Customer. It may not be used again. To use a "
                    + "PaymentMethod multiple times, you must attach it to a Customer first.", param: "payment_method");
        return method;
    }

    /// <summary>Gives a method to a customer.</summary>
    public void Attach(Call call, PaymentMethod method, string customer)
    {
        method.Customer = customer;
        method.Spent = false;
        account.Emit(call, "payment_method.attached", method);
    }

    /// <summary>Takes a method from its customer, for good.</summary>
    public void Detach(Call call, PaymentMethod method)
    {
        if (method.Customer is null)
            throw StripeError.Refused(
                "The payment method you provided is not attached to a customer so detachment is impossible.", param: "payment_method");
        var before = method.Render();
        method.Customer = null;
        method.Spent = true;
        account.Emit(call, "payment_method.detached", method, before);
    }

    /// <summary>An intent's payment went through: its method is kept for the customer, where that was wished, or is used up.</summary>
    public void Used(Call call, PaymentIntent intent, bool authenticated)
    {
        var method = intent.Method!;
        if (intent.SetupFutureUsage == "off_session"
            && (authenticated || method.Card.Authentication is Authentication.OnDemand or Authentication.Never))
            method.IsSetUp = true;
        if (intent is { SetupFutureUsage: not null, Customer: { } customer } && method.Customer is null)
            Attach(call, method, customer);
        else if (method.Customer is null)
            method.Spent = true;
    }
}
