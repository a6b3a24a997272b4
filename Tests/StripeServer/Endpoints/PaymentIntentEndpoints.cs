using System.Text.Json.Nodes;
using SoonShop.StripeTesting.Http;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting.Endpoints;

internal sealed class PaymentIntentEndpoints(Account account, Payments payments, PaymentMethods methods)
{
    private const string Shared = " customer:id description:text metadata:map payment_method:text payment_method_data:any "
        + "payment_method_options:any receipt_email:text setup_future_usage=off_session|on_session shipping:any statement_descriptor:text "
        + "statement_descriptor_suffix:text transfer_group:text capture_method=automatic|automatic_async|manual" + Types;
    private const string Types = " allowed_payment_method_types:list excluded_payment_method_types:list payment_method_types:list";
    private const string Confirming =
        " off_session=true|false|one_off|recurring return_url:text use_stripe_sdk:bool error_on_requires_action:bool mandate_data:any";
    /// <summary>Of the API versions (docs.stripe.com/changelog) the first that does not take payment_method_types.</summary>
    private const string FirstWithoutTypes = "2026-09-30";
    private const string Url = "/v1/payment_intents";

    public IEnumerable<ApiMethod> All =>
    [
        ApiMethod.Post(
            Url, "amount!int currency!text confirm:bool confirmation_method=automatic|manual automatic_payment_methods:any" + Shared
                + Confirming,
            Create),
        ApiMethod.Get(Url, "customer:id" + Pages.Rules, List),
        ApiMethod.Get(Url + "/search", "query!text limit:int page:text", Search),
        ApiMethod.Get(Url + "/{intent}", "client_secret:text", call => Shown(call, Named(call)), publishable: true),
        ApiMethod.Post(Url + "/{intent}", "amount:int currency:text" + Shared, Update),
        ApiMethod.Post(Url + "/{intent}/confirm", "client_secret:text payment_method:text payment_method_data:any "
            + "payment_method_options:any receipt_email:text setup_future_usage=off_session|on_session shipping:any "
            + "capture_method=automatic|automatic_async|manual" + Types + Confirming, Confirm, publishable: true),
        ApiMethod.Post(
            Url + "/{intent}/capture",
            "amount_to_capture:int final_capture:bool metadata:map statement_descriptor:text statement_descriptor_suffix:text", Capture),
        ApiMethod.Post(Url + "/{intent}/cancel", "cancellation_reason=duplicate|fraudulent|requested_by_customer|abandoned", Cancel),
    ];

    private JsonObject Create(Call call)
    {
        var currency = Currencies.Checked(call.Text("currency")!);
        var amount = call.Number("amount")!.Value;
        Currencies.Check(amount, currency);
        if (call.Text("customer") is { } customer)
            ExistingCustomer(customer);
        CheckTypes(call);
        var confirms = call.Flag("confirm") == true;
        foreach (var name in Confirming.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(r => r.Split(':', '=')[0]).Where(n =>
            !confirms && n != "use_stripe_sdk" && call.Form.Has(n)))
            throw StripeError.Invalid($"You may only specify `{name}` when `confirm` is set to true.", param: name);

        var id = Account.NewId("pi");
        var intent = new PaymentIntent(id, account.Now, $"{id}_secret_{Account.NewId("s")[2..]}")
        {
            Amount = amount,
            Currency = currency,
            // Without a list of types, the dashboard's settings decide.
            AutomaticMethods = call.Flag("automatic_payment_methods[enabled]")
                ?? !(call.Form.Has("allowed_payment_method_types") || call.Form.Has("payment_method_types")),
            AllowRedirects = call.Text("automatic_payment_methods[allow_redirects]"),
            ConfirmationMethod = call.Text("confirmation_method") ?? "automatic",
        };
        Set(call, intent);
        if (confirms)
            payments.Prepare(call, intent);
        account.Intents.Add(intent);
        account.Emit(call, "payment_intent.created", intent);
        if (confirms)
            payments.Confirm(call, intent);
        return intent.Render();
    }

    private JsonObject Update(Call call)
    {
        var intent = Named(call);
        if (intent.Status is "succeeded" or "canceled" or "requires_capture" or "processing")
        {
            foreach (var name in (string[])["amount", "currency", "payment_method", "customer", "capture_method", "setup_future_usage"])
            {
                if (call.Form.Has(name))
                    throw Payments.Unexpected(
                        intent, $"This PaymentIntent's {name} could not be updated because it has a status of {intent.Status}. You may "
                            + $"only update the {name} of a PaymentIntent with one of the following statuses: requires_payment_method, "
                            + "requires_confirmation, requires_action.");
            }
        }
        CheckTypes(call);
        if (call.Text("customer") is { } customer)
        {
            ExistingCustomer(customer);
            if (intent.Customer is not null && intent.Customer != customer)
                throw StripeError.Refused(
                    "You cannot modify `customer` on a PaymentIntent once it already has been set. To fulfill a payment with a different "
                        + "Customer, cancel this PaymentIntent and create a new one.", param: "customer");
        }
        var currency = call.Text("currency") is { } given ? Currencies.Checked(given) : intent.Currency;
        Currencies.Check(call.Number("amount") ?? intent.Amount, currency);
        intent.Currency = currency;
        intent.Amount = call.Number("amount") ?? intent.Amount;
        Set(call, intent);
        return intent.Render();
    }

    private JsonObject Confirm(Call call)
    {
        var intent = Named(call);
        CheckTypes(call);
        if (intent.Status is "requires_payment_method" or "requires_confirmation" or "requires_action")
            Set(call, intent, withMethod: false);
        payments.Prepare(call, intent);
        payments.Confirm(call, intent);
        return Shown(call, intent);
    }

    private JsonObject Capture(Call call)
    {
        var intent = Named(call);
        payments.Capture(call, intent, call.Number("amount_to_capture"));
        intent.Merge(call.Form);
        return intent.Render();
    }

    private JsonObject Cancel(Call call)
    {
        var intent = Named(call);
        payments.Cancel(call, intent, call.Text("cancellation_reason"));
        return intent.Render();
    }

    private JsonObject List(Call call)
    {
        var customer = call.Text("customer");
        return Pages.Page(call, Url, account.Intents.All, i => customer is null || i.Customer == customer);
    }

    private JsonObject Search(Call call)
    {
        var query = new SearchQuery(call.Text("query")!);
        var limit = Pages.Limit(call);
        // A page is named by how many came before it, in base 64, so that nobody makes one up.
        var skip = call.Text("page") is { } page ? Decoded(page) : 0;
        var latest = account.Now - (long)Math.Ceiling(account.Options.SearchDelaySeconds);
        var found = account.Intents.All.Reverse().Where(i =>
            (account.Options.SearchDelaySeconds == 0 || i.Created < latest) && query.Matches(i)).Skip(skip).Take(limit + 1).ToList();
        var hasMore = found.Count > limit;
        return new JsonObject
        {
            ["object"] = "search_result",
            ["data"] = new JsonArray([.. found.Take(limit).Select(i => i.Render())]),
            ["has_more"] = hasMore,
            ["next_page"] = hasMore ? Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"page:{skip + limit}")) : null,
            ["url"] = Url + "/search",
        };

        static int Decoded(string page)
        {
            var bytes = new byte[64];
            return Convert.TryFromBase64String(page, bytes, out var length)
                && System.Text.Encoding.UTF8.GetString(bytes, 0, length) is var text && text.StartsWith("page:", StringComparison.Ordinal)
                && int.TryParse(text.AsSpan("page:".Length), System.Globalization.CultureInfo.InvariantCulture, out var skip) && skip > 0
                ? skip
                : throw StripeError.Invalid("Invalid page token.", param: "page");
        }
    }

    private static void CheckTypes(Call call)
    {
        if (call.Form.Has("payment_method_types") && string.CompareOrdinal(call.Version, FirstWithoutTypes) >= 0)
            throw StripeError.Invalid(
                "The `payment_method_types` parameter is no longer supported in this API version. Use dynamic payment methods, or "
                    + "`allowed_payment_method_types`, instead.", "payment_method_types_no_longer_supported", "payment_method_types");
        string[] exclusive = [.. ((string[])[
            "automatic_payment_methods", "allowed_payment_method_types", "excluded_payment_method_types",
            "payment_method_types"]).Where(call.Form.Has)];
        if (exclusive.Length > 1 && !(exclusive is ["automatic_payment_methods", "excluded_payment_method_types"]))
            throw StripeError.Invalid(
                $"You may only specify one of these parameters: {string.Join(", ", exclusive)}.", "parameters_exclusive", exclusive[1]);
        foreach (var name in exclusive.Where(n => n is "allowed_payment_method_types" or "payment_method_types"))
        {
            if (!call.Form.List(name).Contains("card"))
                throw StripeError.Invalid($"The test server knows cards alone: {name} must hold card.", param: name);
        }
    }

    private void Set(Call call, PaymentIntent intent, bool withMethod = true)
    {
        var form = call.Form;
        intent.Merge(form);
        intent.Customer = call.Text("customer") ?? intent.Customer;
        intent.Description = form.Has("description") ? call.Text("description") : intent.Description;
        intent.ReceiptEmail = form.Has("receipt_email") ? call.Text("receipt_email") : intent.ReceiptEmail;
        intent.StatementDescriptor = form.Has("statement_descriptor") ? call.Text("statement_descriptor") : intent.StatementDescriptor;
        intent.StatementDescriptorSuffix = form.Has("statement_descriptor_suffix")
            ? call.Text("statement_descriptor_suffix")
            : intent.StatementDescriptorSuffix;
        intent.TransferGroup = call.Text("transfer_group") ?? intent.TransferGroup;
        intent.CaptureMethod = call.Text("capture_method") ?? intent.CaptureMethod;
        intent.SetupFutureUsage = call.Text("setup_future_usage") ?? call.Text("payment_method_options[card][setup_future_usage]")
            ?? intent.SetupFutureUsage;
        if (call.Text("payment_method_options[card][request_three_d_secure]") is { } secure)
        {
            if (secure is not ("any" or "automatic" or "challenge"))
                throw StripeError.Invalid(
                    "Invalid payment_method_options[card][request_three_d_secure]: must be one of any, automatic, or challenge",
                    param: "payment_method_options[card][request_three_d_secure]");
            intent.Request3DSecure = secure;
        }
        if (form.Has("shipping"))
            intent.Shipping = call.Object(
                "shipping", "address.city", "address.country", "address.line1", "address.line2", "address.postal_code", "address.state",
                "carrier", "name", "phone", "tracking_number");
        if (form.Has("payment_method_data"))
        {
            intent.Method = methods.FromTestName(call.Text("payment_method_data[card][token]") ?? "")
                ?? throw StripeError.Invalid(
                    "The test server takes no card numbers: send payment_method_data[card][token], such as tok_visa.",
                    param: "payment_method_data");
            intent.Method.Billing = call.Object("payment_method_data[billing_details]", "email", "name", "phone");
        }
        else if (withMethod && call.Text("payment_method") is { } method && call.Flag("confirm") != true)
        {
            intent.Method = methods.Usable(call, method, intent.Customer);
        }
        if (intent is { Method: not null, Status: "requires_payment_method" or "requires_action" })
        {
            intent.Status = "requires_confirmation";
            intent.NextAction = null;
        }
    }

    private PaymentIntent Named(Call call)
    {
        var intent = account.Intents.InUrl(call.Route("intent"), "intent");
        var secret = call.Text("client_secret");
        if (call.IsPublishable && secret is null)
            throw StripeError.MissingParameter("client_secret");
        return secret is null || secret == intent.ClientSecret
            ? intent
            : throw StripeError.Refused(
                "The client_secret provided does not match any associated PaymentIntent on this account. Ensure the client_secret passed "
                    + "into stripe.js matches the PaymentIntent created on the server.", "payment_intent_invalid_parameter",
                    "client_secret");
    }

    private static JsonObject Shown(Call call, PaymentIntent intent) => call.IsPublishable ? intent.RenderForCustomer() : intent.Render();

    private void ExistingCustomer(string id)
    {
        if (account.Customers.InParameter(id, "customer").Deleted)
            throw StripeError.Missing("customer", id, "customer", inUrl: false);
    }
}
