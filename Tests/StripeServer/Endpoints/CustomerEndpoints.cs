using System.Text.Json;
using System.Text.Json.Nodes;
using SoonShop.StripeTesting.Http;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting.Endpoints;

/// <summary>Customers, their payment methods, and events.</summary>
internal sealed class CustomerEndpoints(Account account, PaymentMethods methods)
{
    private const string Fields =
        "address:any description:text email:text metadata:map name:text phone:text shipping:any invoice_settings:any";

    public IEnumerable<ApiMethod> All =>
    [
        ApiMethod.Post("/v1/customers", Fields + " payment_method:text", Create),
        ApiMethod.Get("/v1/customers", "email:text" + Pages.Rules, List),
        ApiMethod.Get("/v1/customers/{customer}", "", call => account.Customers.InUrl(call.Route("customer"), "id").Render()),
        ApiMethod.Post("/v1/customers/{customer}", Fields, Update),
        ApiMethod.Delete("/v1/customers/{customer}", "", Delete),
        ApiMethod.Get("/v1/customers/{customer}/payment_methods", "type:text allow_redisplay:text" + Pages.Rules, call =>
            MethodsOf(call, Customer(call))),
        ApiMethod.Get("/v1/customers/{customer}/payment_methods/{payment_method}", "", OneOf),

        ApiMethod.Post("/v1/payment_methods", "type=card card:any billing_details:any metadata:map", CreateMethod),
        ApiMethod.Get("/v1/payment_methods", "customer:id type:text allow_redisplay:text" + Pages.Rules, ListMethods),
        ApiMethod.Get("/v1/payment_methods/{payment_method}", "", call => Method(call).Render()),
        ApiMethod.Post("/v1/payment_methods/{payment_method}", "metadata:map billing_details:any", UpdateMethod),
        ApiMethod.Post("/v1/payment_methods/{payment_method}/attach", "customer!id", Attach),
        ApiMethod.Post("/v1/payment_methods/{payment_method}/detach", "", Detach),

        ApiMethod.Get("/v1/events", "type:text types:list delivery_success:bool" + Pages.Rules, ListEvents),
        ApiMethod.Get("/v1/events/{id}", "", Event),
    ];

    private JsonObject Create(Call call)
    {
        var customer = new Customer(Account.NewId("cus"), account.Now);
        Set(call, customer);
        account.Customers.Add(customer);
        account.Emit(call, "customer.created", customer);
        if (call.Text("payment_method") is { } method)
            Attach(call, method, customer);
        return customer.Render();
    }

    private JsonObject Update(Call call)
    {
        var customer = Customer(call);
        var before = customer.Render();
        Set(call, customer);
        account.Emit(call, "customer.updated", customer, before);
        return customer.Render();
    }

    private JsonObject Delete(Call call)
    {
        var customer = Customer(call);
        account.Emit(call, "customer.deleted", customer);
        foreach (var method in account.Methods.All.Where(m => m.Customer == customer.Id))
            methods.Detach(call, method);
        customer.Deleted = true;
        return customer.Render();
    }

    private JsonObject List(Call call)
    {
        var email = call.Text("email");
        return Pages.Page(call, "/v1/customers", account.Customers.All, c => !c.Deleted && (email is null || c.Email == email));
    }

    private JsonObject CreateMethod(Call call)
    {
        if (call.Form["type"] is null)
            throw StripeError.MissingParameter("type");
        var method = methods.FromTestName(call.Text("card[token]") ?? "")
            ?? throw StripeError.Invalid("The test server takes no card numbers: send card[token], such as tok_visa.", param: "card");
        method.Merge(call.Form);
        method.Billing = Billing(call);
        return method.Render();
    }

    private JsonObject UpdateMethod(Call call)
    {
        var method = Method(call);
        var before = method.Render();
        method.Merge(call.Form);
        method.Billing = Billing(call) ?? method.Billing;
        account.Emit(call, "payment_method.updated", method, before);
        return method.Render();
    }

    private JsonObject Attach(Call call) =>
        Attach(call, call.Route("payment_method"), account.Customers.InParameter(call.Text("customer")!, "customer"));

    private JsonObject Attach(Call call, string id, Customer customer)
    {
        var method = methods.FromTestName(id) ?? account.Methods.InUrl(id, "payment_method");
        if (customer.Deleted)
            throw StripeError.Missing("customer", customer.Id, "customer", inUrl: false);
        if (method.Customer == customer.Id)
            return method.Render();
        if (method.Customer is not null)
            throw StripeError.Refused("The payment method you provided has already been attached to a customer.");
        if (method.Spent)
            throw StripeError.Refused("This PaymentMethod was previously used without being attached to a Customer or was detached from a "
                + "Customer, and may not be used again.");
        if (method.Card is { Decline: { } decline, Attachable: false, Authentication: not Authentication.Always })
            throw new StripeError(402, "card_error", decline.Message, decline.Code)
            { More = decline.DeclineCode is null ? [] : [("decline_code", decline.DeclineCode)] };
        methods.Attach(call, method, customer.Id);
        return method.Render();
    }

    private JsonObject Detach(Call call)
    {
        var method = Method(call);
        methods.Detach(call, method);
        return method.Render();
    }

    private JsonObject ListMethods(Call call) => call.Text("customer") is { } id
        ? MethodsOf(call, account.Customers.InParameter(id, "customer"))
        : Pages.Page(call, "/v1/payment_methods", account.Methods.All, m => m.Customer is not null);

    private JsonObject MethodsOf(Call call, Customer customer)
    {
        var type = call.Text("type");
        return Pages.Page(
            call, call.Form["customer"] is null ? $"/v1/customers/{customer.Id}/payment_methods" : "/v1/payment_methods",
            account.Methods.All, m => m.Customer == customer.Id && type is null or "card");
    }

    private JsonObject OneOf(Call call)
    {
        var customer = Customer(call);
        var method = Method(call);
        return method.Customer == customer.Id
            ? method.Render()
            : throw StripeError.Missing("PaymentMethod", method.Id, "payment_method", inUrl: true);
    }

    private JsonObject ListEvents(Call call)
    {
        var type = call.Text("type");
        var types = call.Form.List("types");
        return Pages.Page(
            call, "/v1/events", account.Events,
            e => (type is null || Matches(e.Type, type)) && (types.Count == 0 || types.Any(t => Matches(e.Type, t))),
            e => e.Id, e => e.Created, Json);

        static bool Matches(string type, string pattern) =>
            pattern.EndsWith('*') ? type.StartsWith(pattern[..^1], StringComparison.Ordinal) : type == pattern;
    }

    private JsonObject Event(Call call) =>
        Json(account.FindEvent(call.Route("id")) ?? throw StripeError.Missing("event", call.Route("id"), "id", inUrl: true));

    private static JsonObject Json(StripeEvent happened) => JsonSerializer.Deserialize<JsonObject>(happened.Payload)!;

    private static JsonObject? Billing(Call call) => call.Object(
        "billing_details", "address.city", "address.country", "address.line1", "address.line2", "address.postal_code", "address.state",
        "email", "name", "phone");

    private void Set(Call call, Customer customer)
    {
        var form = call.Form;
        customer.Merge(form);
        customer.Email = form.Has("email") ? call.Text("email") : customer.Email;
        customer.Name = form.Has("name") ? call.Text("name") : customer.Name;
        customer.Phone = form.Has("phone") ? call.Text("phone") : customer.Phone;
        customer.Description = form.Has("description") ? call.Text("description") : customer.Description;
        if (form.Has("address"))
            customer.Address = call.Object("address", "city", "country", "line1", "line2", "postal_code", "state");
        if (form.Has("shipping"))
            customer.Shipping = call.Object(
                "shipping", "address.city", "address.country", "address.line1", "address.line2", "address.postal_code", "address.state",
                "name", "phone");
        customer.DefaultMethod = call.Text("invoice_settings[default_payment_method]") ?? customer.DefaultMethod;
    }

    private Customer Customer(Call call) => account.Customers.InUrl(call.Route("customer"), "id") is { Deleted: false } customer
        ? customer
        : throw StripeError.Missing("customer", call.Route("customer"), "id", inUrl: true);

    private PaymentMethod Method(Call call) => account.Methods.InUrl(call.Route("payment_method"), "payment_method");
}
