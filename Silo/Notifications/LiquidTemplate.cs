using System.Globalization;
using System.Text.Encodings.Web;
using Fluid;
using Fluid.Ast;
using Fluid.Ast.BinaryExpressions;
using Fluid.Filters;
using Fluid.Values;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// A Liquid template, parsed once and rendered by any number of threads. A statement that fails is left out and reported. A name that the
/// model does not have is reported as well, unless the template only tests whether it exists.
/// </summary>
internal sealed class LiquidTemplate
{
    /// <summary>The most steps of one rendering. A line of an order takes about ten, so no real order reaches the limit.</summary>
    private const int MaxSteps = 100_000;

    private static readonly FluidParser Parser = new();
    private static readonly TemplateOptions Options = MakeOptions();

    /// <summary>A template that renders nothing.</summary>
    public static readonly LiquidTemplate Empty = new(Parser.Parse(""));

    private readonly IFluidTemplate template;

    private LiquidTemplate(IFluidTemplate template) => this.template = template;

    /// <summary>Returns the parsed template, or the error with its position as <c>at (line:column)</c>.</summary>
    public static (LiquidTemplate? Template, string Error) Parse(string text) => Parser.TryParse(text, out var parsed, out var error)
        ? (new LiquidTemplate(new LenientRewriter().VisitTemplate(parsed)), "")
        : (null, error.Split('\n', 2)[0].TrimEnd());

    /// <summary>Renders the template. Throws when it takes too many steps.</summary>
    public string Render(LiquidModel model, Action<string> complain)
    {
        using var rendering = new LiquidRendering(model, (_, error) => complain(error));
        return rendering.Render(this, "").ToString();
    }

    /// <summary>Creates the context of a rendering. Any number of templates of this model can share it.</summary>
    internal static TemplateContext NewContext(LiquidModel model, Action<string> complain) => new LiquidContext(model, Options, complain);

    /// <summary>
    /// Appends the text to the writer, which must complete every call synchronously. The encoder, if there is one, escapes the model's
    /// texts.
    /// </summary>
    internal void Render(TextWriter writer, TemplateContext context, TextEncoder? escape)
    {
        ((LiquidContext)context).Escape = escape;
        context.EnterChildScope();
        try
        {
            var rendered = template.RenderAsync(writer, NullEncoder.Default, context);
            if (!rendered.IsCompletedSuccessfully)
                rendered.AsTask().GetAwaiter().GetResult();
        }
        finally
        {
            context.ReleaseScope();
        }
    }

    private static TemplateOptions MakeOptions()
    {
        var options = new TemplateOptions
        {
            CultureInfo = CultureInfo.InvariantCulture,
            TimeZone = TimeZoneInfo.Utc,
            ModelNamesComparer = StringComparer.Ordinal,
            MaxSteps = MaxSteps,
            // A dash in a tag removes the whitespace beside it up to the end of the line, but not the empty lines after that.
            Greedy = false,
        };
        // Filters under the names that DotLiquid templates use.
        options.Filters.AddFilter("h", MiscFilters.Escape);
        options.Filters.AddFilter("truncate_words", StringFilters.TruncateWords);
        options.Filters.AddFilter("date", Date);
        return options;
    }

    /// <summary>Formats a date, with a format of Liquid (<c>%Y</c>) or, without a percent sign, of .NET (<c>yyyy</c>).</summary>
    private static ValueTask<FluidValue> Date(FluidValue input, FilterArguments arguments, TemplateContext context) =>
        arguments.At(0).ToStringValue() is { Length: > 0 } format && !format.Contains('%', StringComparison.Ordinal)
            ? MiscFilters.FormatDate(input, arguments, context)
            : MiscFilters.Date(input, arguments, context);

    /// <summary>The context of a rendering.</summary>
    private sealed class LiquidContext(LiquidModel model, TemplateOptions options, Action<string> complain)
        : TemplateContext(model, options, allowModelMembers: false)
    {
        /// <summary>Escapes every text that a template gets from the model; null for no escaping.</summary>
        public TextEncoder? Escape { get; set; }

        /// <summary>True while the template only tests whether a value exists.</summary>
        public bool IsAsking { get; set; }

        public void Complain(Exception error) =>
            complain(error is FileNotFoundException ? $"'{error.Message}' cannot be included" : error.Message);

        /// <summary>False when the step limit is reached, so that every further statement would fail.</summary>
        public bool HasStepsLeft()
        {
            try
            {
                IncrementSteps();
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }

        public void Miss(string name)
        {
            // A name that the template itself has assigned is known, even if its value is nil.
            if (!IsAsking && GetValue(name) is UndefinedValue)
                complain($"Variable '{name}' could not be found");
        }
    }

    /// <summary>Rewrites a template so that each statement fails on its own, and conditions may test names that do not exist.</summary>
    private sealed class LenientRewriter : AstRewriter
    {
        public override Statement Visit(Statement statement)
        {
            var rewritten = base.Visit(statement);
            // The branches of a condition or a choice are not statements of their own.
            return rewritten is TextSpanStatement or ElseStatement or ElseIfStatement or WhenStatement
                ? rewritten
                : new LenientStatement(rewritten);
        }

        protected override Statement VisitIfStatement(IfStatement statement) => base.VisitIfStatement(
            new IfStatement(Question(statement.Condition), statement.Statements, statement.Else, statement.ElseIfs));

        protected override Statement VisitElseIfStatement(ElseIfStatement statement) => base.VisitElseIfStatement(
            new ElseIfStatement(Question(statement.Condition), statement.Statements));

        protected override Statement VisitUnlessStatement(UnlessStatement statement) => base.VisitUnlessStatement(
            new UnlessStatement(Question(statement.Condition), statement.Statements, statement.Else));

        private static Expression Question(Expression condition) => condition switch
        {
            MemberExpression => new QuestionExpression(condition),
            AndBinaryExpression and => new AndBinaryExpression(Question(and.Left), Question(and.Right)),
            OrBinaryExpression or => new OrBinaryExpression(Question(or.Left), Question(or.Right)),
            _ => condition,
        };
    }

    private sealed class QuestionExpression(Expression asked) : Expression
    {
        public override async ValueTask<FluidValue> EvaluateAsync(TemplateContext context)
        {
            var rendering = (LiquidContext)context;
            rendering.IsAsking = true;
            try
            {
                return await asked.EvaluateAsync(context);
            }
            finally
            {
                rendering.IsAsking = false;
            }
        }
    }

    private sealed class LenientStatement(Statement statement) : Statement
    {
        public override async ValueTask<Completion> WriteToAsync(TextWriter writer, TextEncoder encoder, TemplateContext context)
        {
            try
            {
                return await statement.WriteToAsync(writer, encoder, context);
            }
            catch (Exception e) when (((LiquidContext)context).HasStepsLeft())
            {
                ((LiquidContext)context).Complain(e);
                return Completion.Normal;
            }
        }
    }

    /// <summary>Reports to the rendering that the model does not have a name.</summary>
    public static void Miss(TemplateContext context, string name) => ((LiquidContext)context).Miss(name);

    /// <summary>Returns the encoder of this rendering; null for no escaping.</summary>
    public static TextEncoder? EscapeOf(TemplateContext context) => ((LiquidContext)context).Escape;
}
